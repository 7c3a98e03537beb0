//! `GET /api/me`: the signed-in user. Every level may read it, so that the web app can explain a missing level.

use api::caller::Caller;
use axum::Json;
use domain::id::UserId;
use domain::user::level::Level;
use serde::Serialize;

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Me {
    id: UserId,
    name: String,
    email: String,
    level: Level,
    service_account: bool,
}

/// Reads the signed-in user.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/me", operation_id = "read_me", tag = "Library",
    responses((status = 200, description = "The user of the token.", body = Me)),
))]
pub(crate) async fn read(Caller(user): Caller) -> Json<Me> {
    Json(Me {
        id: user.id,
        name: user.name,
        email: user.email,
        level: user.level,
        service_account: user.service_account,
    })
}
