//! `GET /s/{token}/extras/{name}`: files made from all assets together, such as a PDF. No link offers them yet.

use api::recipient::{Recipient, Site};
use aws::clock::now;
use axum::extract::State;
use axum::response::Response;
use domain::link::offer::Extra;

use crate::answer::{answer, not_offered, not_there};

/// Downloads a file made of all assets of a link. Not available yet.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/s/{token}/extras/{name}", operation_id = "read_extra", tag = "Recipients",
    params(
        api::openapi::Token,
        ("name" = inline(crate::openapi::ExtraName), Path, description = "The name of the file."),
    ),
    responses((status = 403, description = "The link does not offer this download.")),
))]
pub(crate) async fn read(State(site): State<Site>, recipient: Recipient) -> Response {
    let visits = site.cloud.visits();
    let entry = visits.enter_for_bundle(&recipient.token, recipient.visit.as_ref(), None, now()).await;
    let refused = match entry {
        Err(refused) => refused.into(),
        Ok(_) if Extra::NAMES.contains(&recipient.path("name")) => {
            not_offered("This link does not offer this download.")
        }
        Ok(_) => not_there("There is no such download."),
    };
    answer(&site, &recipient, Err(refused))
}
