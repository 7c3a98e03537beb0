//! An error, said to a person who followed a link.

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
    /// Where to go on: the address of the link, where there is one to go back to.
    pub back: Option<String>,
}
