//! The one page of every link that can't be opened, whatever the reason.

use askama::Template;

/// "This link is not available." It tells nothing of why, so the link is no part of it.
#[derive(Debug, Clone, Template)]
#[template(path = "ended.html")]
pub struct EndedPage {
    /// The site's name.
    pub brand: String,
}
