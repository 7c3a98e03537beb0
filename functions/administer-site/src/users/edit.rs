//! `PATCH /api/users/{id}` with `{"enabled": false}`: disables an account, or enables it again.

use api::Failure;
use api::caller::Administrator;
use aws::Cloud;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use domain::field_error::FieldError;
use serde::Deserialize;
use serde_json::Value;
use web::problem::Problem;

use crate::users::view::{UserView, parse_id, unknown_user};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = UserChange))]
struct Change {
    enabled: bool,
}

/// Disables or enables an account.
///
/// Nobody can open the links of a disabled account.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/users/{id}", operation_id = "edit_user", tag = "Users",
    params(("id" = String, Path, description = "The user: the `sub` of their tokens.")),
    request_body(content = Change, description = "At most 4 KiB."),
    responses(
        (status = 200, description = "The user as they are now.", body = UserView),
        (status = 409, description = "Users can't disable their own account."),
    ),
))]
pub(crate) async fn edit(
    State(cloud): State<Cloud>,
    Administrator(caller): Administrator,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<UserView>, Failure> {
    let change = parse(body)?;
    let id = parse_id(&id)?;
    if id == caller.id && !change.enabled {
        return Err(Problem::conflict(
            "You can't disable your own account: you could not enable it again. Ask another administrator.",
        )
        .into());
    }
    let user = cloud.users().set_enabled(&id, change.enabled).await?.ok_or_else(unknown_user)?;
    tracing::info!(user = %id, by = %caller.id, enabled = change.enabled, "an account was enabled or disabled");
    Ok(Json(user.into()))
}

fn parse(body: Result<Bytes, BytesRejection>) -> Result<Change, Problem> {
    let json = api::body::object(body, "Send {\"enabled\": …} and no more.")?;
    serde_path_to_error::deserialize(Value::Object(json)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        Problem::unprocessable([FieldError::new(field, "Give {\"enabled\": true} or {\"enabled\": false}.")])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_only_the_field_enabled() {
        let parsed = |body: &'static str| parse(Ok(Bytes::from_static(body.as_bytes())));
        assert!(!parsed(r#"{"enabled": false}"#).unwrap().enabled);
        for (body, status, field) in [
            ("", 400, None),
            ("{", 400, None),
            (r#"{"enabled": true} x"#, 400, None),
            ("{}", 422, Some("")),
            ("[true]", 422, Some("")),
            (r#"{"enabled": "no"}"#, 422, Some("enabled")),
            (r#"{"enabled": null}"#, 422, Some("enabled")),
            (r#"{"enabled": true, "level": "administrator"}"#, 422, Some("level")),
            (r#"{"enabled": true, "enabled": false}"#, 422, Some("enabled")),
        ] {
            let refused = parsed(body).unwrap_err();
            assert_eq!(
                (refused.status().as_u16(), refused.fields().first().copied()),
                (status, field),
                "{body}"
            );
        }
    }
}
