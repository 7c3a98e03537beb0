//! Counts of faults.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A transaction or a plain write that conflicted with a transaction.
    Conflict,
    /// Throttled by the store.
    Throttled,
    /// A part of a batch was not processed.
    Unprocessed,
    /// Answered with an internal error.
    Failed,
    /// Never sent.
    Dropped,
    /// Processed, but the answer was lost.
    Lost,
    /// An object that broke off in the middle.
    Broken,
    /// Completed, with an answer of 500.
    Completed,
    /// Answered late.
    Delayed,
    /// An index showed an older state.
    Late,
    /// A message came twice.
    Twice,
    /// A message came after later ones.
    Overtaken,
    /// An index key over DynamoDB's limit.
    KeyTooLong,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Conflict => "conflicts by overlap",
            Self::Throttled => "throttled",
            Self::Unprocessed => "unprocessed parts of batches",
            Self::Failed => "answers of 500 and 503",
            Self::Dropped => "never sent",
            Self::Lost => "answers lost",
            Self::Broken => "objects that broke off",
            Self::Completed => "uploads completed with 500",
            Self::Delayed => "delayed",
            Self::Late => "writes that indexes showed late",
            Self::Twice => "messages delivered twice",
            Self::Overtaken => "messages overtaken",
            Self::KeyTooLong => "index keys too long",
        }
    }
}

/// Counts, by name.
#[derive(Debug, Default)]
pub(super) struct Figures(Mutex<BTreeMap<&'static str, u64>>);

/// Requests that the SDK sent again.
pub(super) const RETRIES: &str = "requests sent again by the SDK";
/// All requests.
pub(super) const REQUESTS: &str = "requests in all";
/// Answers of an index that were changed to an older state.
pub(super) const OLD_ANSWERS: &str = "answers of indexes as of a moment ago";
/// Requests that the site was too busy to process.
pub(super) const BUSY: &str = "requests that the site answered with 503";

impl Figures {
    pub(super) fn add(&self, kind: Kind) {
        self.add_named(kind.name());
    }

    pub(super) fn add_named(&self, name: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
    }

    pub(super) fn count(&self, kind: Kind) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(kind.name()).copied().unwrap_or_default()
    }

    pub(super) fn summary(&self) -> String {
        let figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (name, count) in &*figures {
            _ = writeln!(text, "{count:>8} {name}");
        }
        text
    }
}
