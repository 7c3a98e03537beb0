//! Mails of links, and what comes back of them.
//!
//! ```text
//! message ── send ──▶ rows read, the link judged again ── claimed ── handed to SES ──▶ sent, failed, or back to queued
//! SES's notification (by SNS or bare) ── notice ──▶ bounced
//! ```
//!
//! A mail is claimed before it is handed over, and a claim is never taken twice: whatever comes again or dies on the
//! way, nobody gets a mail twice. The price is that a mail whose outcome is lost is not sent again by itself; its
//! sender is told so.

mod compose;
mod failure;
mod handle;
mod notice;
mod reasons;
mod send;

pub use handle::handle;
