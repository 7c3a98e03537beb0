//! The answer to a request that did not pass the gate.

use api::failure::store_failed;
use api::recipient::{Recipient, Site};
use aws::rows::visits::NoEntry;
use axum::response::{IntoResponse, Response};
use web::recipient::refuse;

/// Answers a refusal of the gate with a page or a document, and a store's failure with a problem.
pub(crate) fn answer_no_entry(why: &NoEntry, recipient: &Recipient, site: &Site) -> Response {
    match why {
        NoEntry::Refused(refusal) => refuse(refusal, &recipient.token, &recipient.headers, &site.headers),
        NoEntry::Failed(error) => store_failed(error).into_response(),
    }
}
