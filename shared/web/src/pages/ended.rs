//! The one page of every link that can't be opened, for every reason.

use askama::Template;

/// "This link is not available." It must not reveal the reason, so it has no data of the link.
#[derive(Debug, Clone, Template)]
#[template(path = "ended.html")]
pub struct EndedPage {
    /// The site's name.
    pub brand: String,
}
