//! The only place that draws random bytes, from the operating system.

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no random bytes: no secret may be made without them.
#[expect(clippy::disallowed_methods, reason = "this is the one place that draws random bytes")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

/// A random number below `bound`, for jitter. It is slightly uneven, so not for secrets.
pub fn below(bound: u64) -> u64 {
    u64::from_le_bytes(bytes()) % bound.max(1)
}
