//! Mails of links, and what comes back of them.
//!
//! ```text
//! message ── send ──▶ rows read, the link judged again ── claimed ── handed to SES ──▶ sent, failed, or back to queued
//! SES's notification (by SNS or bare) ── notice ──▶ bounced
//! ```
//!
//! A mail is claimed before it is handed over, and a claim is never taken twice: whatever comes again or dies on the
//! way, nobody gets a mail twice. The price is that a mail whose outcome is lost is not sent again by itself; its
//! sender is told so: a queue delivers at least once, and SES has no key against sending twice. So the SDK's own retries
//! are off for this one call, and after a crash or a lost answer the mail is shown as failed, “it may or may not have
//! arrived”. What SES surely did not take (throttling, no connection) goes back to the queue.

mod compose;
mod failure;
mod handle;
mod notice;
mod reasons;
mod send;

pub use handle::handle;
