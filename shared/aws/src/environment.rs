//! The process's environment, and the one place that reads it.

/// A variable's value; `None` if it is not set or empty.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
