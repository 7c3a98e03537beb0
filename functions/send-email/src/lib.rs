//! Mails of links, and their bounces.
//!
//! ```text
//! message ── send ──▶ rows read, the link judged again ── claimed ── handed to SES ──▶ sent, failed, or back to queued
//! SES's notification (by SNS or bare) ── notice ──▶ bounced
//! ```
//!
//! Nobody gets a mail twice: a queue delivers at least once, and SES has no idempotency key, so a mail is claimed
//! before it is handed over, and each claim is used once. The SDK's own retries are off for this one call. The price is
//! that a mail whose outcome is unknown (after a crash or a lost answer) is not sent again; its sender sees it as
//! failed, “it may or may not have arrived”. Mails that SES certainly did not accept (throttling, no connection) go
//! back to the queue.

mod compose;
mod failure;
mod handle;
mod notice;
mod reasons;
mod send;

pub use handle::handle;
