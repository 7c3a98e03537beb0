//! The page before a link that has a password or a number of uses.

use askama::Template;

use crate::format;

/// The gate page: a password field and a button, or only a button. It POSTs to `/s/{token}`, which spends the use.
#[derive(Debug, Clone, Template)]
#[template(path = "gate.html")]
pub struct GatePage {
    /// The site's name.
    pub brand: String,
    /// The secret of the link's address.
    pub token: String,
    /// The link's title; the page does not show it if a password is needed.
    pub title: Option<String>,
    /// Whether opening the link needs a password.
    pub needs_password: bool,
    /// Identifies this opening (form field `visit`), so that a repeated POST spends one use.
    pub nonce: String,
    /// Why the last try did not open the link.
    pub error: Option<GateError>,
}

/// Why a try did not open the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateError {
    /// The password is wrong.
    WrongPassword,
    /// Too many wrong passwords: every try is refused for a while.
    TooManyTries {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The nonce has expired because the page was open for too long, or the form had none.
    Stale,
    /// This page's nonce was already used by another browser.
    OpenedElsewhere,
    /// The browser did not send the page's cookie back.
    NoCookies,
}

impl GatePage {
    /// The title, unless a password protects it.
    fn open_title(&self) -> Option<&str> {
        self.title.as_deref().filter(|title| !self.needs_password && !title.is_empty())
    }

    fn error_words(&self) -> Option<String> {
        Some(match self.error? {
            GateError::WrongPassword => {
                "That is not the password. Check it with the person who sent you the link.".to_owned()
            }
            GateError::TooManyTries { retry_after } => {
                format!("Too many tries. Wait {}, then try again.", format::wait(retry_after))
            }
            GateError::Stale => "This page was open for too long. Try again.".to_owned(),
            GateError::OpenedElsewhere => {
                "This page has been used in another browser already. Nothing was opened here. Try again."
                    .to_owned()
            }
            GateError::NoCookies => {
                "Your browser did not send this page’s cookie back, so nothing was opened and no \
                visit was used. Try again; if this comes again, allow cookies for this site."
                    .to_owned()
            }
        })
    }
}
