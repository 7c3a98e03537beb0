//! What a function reports about itself: log lines, metrics, and the number of requests it sent.

pub mod calls;
mod log_lines;
pub mod logs;
pub mod metrics;
