//! What a function tells of itself: log lines, metrics, and how many requests it sent.

pub mod calls;
mod log_lines;
pub mod logs;
pub mod metrics;
