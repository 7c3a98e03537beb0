//! The functions and their routes, as in the template.

use std::time::Duration;

use aws::Cloud;
use aws_lambda_events::{eventbridge::EventBridgeEvent, sqs::SqsEvent};
use axum::Router;
use lambda_runtime::LambdaEvent;
use web::headers::NotAnOrigin;

use crate::{function::Function, gateway::Route};

/// The routes of the HTTP API.
pub const ROUTES: &[Route] = &[
    Route { path: "/api/openapi.json", function: "serve-app", sign_in: false },
    Route { path: "/api/links", function: "manage-links", sign_in: true },
    Route { path: "/api/links/{proxy+}", function: "manage-links", sign_in: true },
    Route { path: "/api/share-options", function: "manage-links", sign_in: true },
    Route { path: "/api/users", function: "administer-site", sign_in: true },
    Route { path: "/api/users/{proxy+}", function: "administer-site", sign_in: true },
    Route { path: "/api/{proxy+}", function: "browse-library", sign_in: true },
    Route { path: "/s/{token}", function: "open-link", sign_in: false },
    Route { path: "/s/{token}/{proxy+}", function: "open-link", sign_in: false },
    Route { path: "/s/{token}/assets/{asset}/{rendition}", function: "download-assets", sign_in: false },
    Route { path: "/s/{token}/extras/{name}", function: "download-assets", sign_in: false },
    Route { path: "/s/{token}/bundles", function: "download-assets", sign_in: false },
    Route { path: "/s/{token}/bundles/{proxy+}", function: "download-assets", sign_in: false },
];

/// The function of the `$default` route.
pub const DEFAULT: &str = "serve-app";

/// The HTTP functions; `app` is the router of the users' app.
///
/// # Errors
/// If the store's address can't be in a content security policy.
pub(crate) fn http(cloud: &Cloud, app: Router) -> Result<Vec<Function>, NotAnOrigin> {
    Ok(vec![
        Function::http("manage-links", manage_links::router(cloud)),
        Function::http("administer-site", administer_site::router(cloud)),
        Function::http("browse-library", browse_library::router(cloud)),
        Function::http("open-link", open_link::router(cloud)?),
        Function::http("download-assets", download_assets::router(cloud)?),
        Function::http("serve-app", app),
    ])
}

/// Indexes and renders the library's files.
pub(crate) fn ingest_asset(cloud: &Cloud) -> Function {
    let cloud = cloud.clone();
    Function::event("ingest-asset", Duration::from_secs(280), move |event: LambdaEvent<SqsEvent>| {
        let cloud = cloud.clone();
        async move { ingest_asset::handle(event, &cloud).await }
    })
}

/// Builds zips.
pub(crate) fn bundle_assets(cloud: &Cloud) -> Function {
    let cloud = cloud.clone();
    Function::event("bundle-assets", Duration::from_secs(880), move |event: LambdaEvent<SqsEvent>| {
        let cloud = cloud.clone();
        async move { bundle_assets::handle(event, &cloud).await }
    })
}

/// Sends mails.
pub(crate) fn send_email(cloud: &Cloud) -> Function {
    let cloud = cloud.clone();
    Function::event("send-email", Duration::from_secs(60), move |event: LambdaEvent<SqsEvent>| {
        let cloud = cloud.clone();
        async move { send_email::handle(event, &cloud).await }
    })
}

/// Clears up links that ended or were deleted.
pub(crate) fn sweep_links(cloud: &Cloud) -> Function {
    let cloud = cloud.clone();
    Function::event("sweep-links", Duration::from_secs(280), move |event: LambdaEvent<EventBridgeEvent>| {
        let cloud = cloud.clone();
        async move { sweep_links::handle(event, &cloud).await }
    })
}
