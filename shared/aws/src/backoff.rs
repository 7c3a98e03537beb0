//! How long a request waits before it is attempted again.

/// Waits before attempt `n + 1`: about 20 ms · 2ⁿ, at most 2 s. The jitter keeps writers that conflicted from
/// conflicting again.
pub(crate) async fn pause(n: u32) {
    let most = 20_u64 << n.min(6);
    tokio::time::sleep(std::time::Duration::from_millis(most / 2 + crate::random::below(most))).await;
}
