//! `GET /s/{token}/extras/{name}`: what is made of the assets together. None is made yet.

use api::recipient::{Recipient, Site};
use aws::clock::now;
use axum::extract::State;
use axum::response::Response;

use crate::answer::{answer, not_offered, not_there};

const EXTRAS: [&str; 4] = ["pdf", "attributes.csv", "attributes.xlsx", "attribute_history.csv"];

/// What is made of a link's assets together. No site makes any yet.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/s/{token}/extras/{name}", operation_id = "read_extra", tag = "Recipients",
    params(
        api::openapi::Token,
        ("name" = inline(crate::openapi::ExtraName), Path, description = "Which."),
    ),
    responses((status = 403, description = "The link does not offer this download.")),
))]
pub(crate) async fn read(State(site): State<Site>, recipient: Recipient) -> Response {
    let visits = site.cloud.visits();
    let entered = visits.enter_for_bundle(&recipient.token, recipient.visit.as_ref(), None, now()).await;
    let refused = match entered {
        Err(refused) => refused.into(),
        Ok(_) if EXTRAS.contains(&recipient.path("name")) => {
            not_offered("This link does not offer this download.")
        }
        Ok(_) => not_there("There is no such download."),
    };
    answer(&site, &recipient, Err(refused))
}
