//! The answer to a request that got nothing.

use api::failure::store_failed;
use api::recipient::{Recipient, Site};
use aws::rows::visits::NoEntry;
use axum::response::{IntoResponse, Response};
use web::recipient::refuse;

/// The gate's refusal as a page or a document, or a store's failure as a problem.
pub(crate) fn answer_no_entry(why: &NoEntry, recipient: &Recipient, site: &Site) -> Response {
    match why {
        NoEntry::Refused(refusal) => refuse(refusal, &recipient.token, &recipient.headers, &site.headers),
        NoEntry::Failed(error) => store_failed(error).into_response(),
    }
}
