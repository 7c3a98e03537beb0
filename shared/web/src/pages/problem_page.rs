//! The page of an error, for a person who followed a link.

use askama::Template;

/// What happened and what to do.
#[derive(Debug, Clone, Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    /// The site's name.
    pub brand: String,
    /// What happened, in a few words: "This file can't be downloaded".
    pub heading: String,
    /// What to do, in a sentence: a problem's `detail`.
    pub detail: String,
    /// The address of the link to go back to, if there is one.
    pub back: Option<String>,
}
