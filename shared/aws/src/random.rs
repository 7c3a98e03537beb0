//! The only place that draws random bytes, from the operating system.

/// `N` random bytes.
///
/// # Panics
/// When the operating system has none to give: nothing secret may be made then.
#[expect(clippy::disallowed_methods, reason = "this is the one place that draws random bytes")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A whole number below `bound`, for jitter (not for secrets: it is a little uneven).
pub fn below(bound: u64) -> u64 {
    u64::from_le_bytes(bytes()) % bound.max(1)
}
