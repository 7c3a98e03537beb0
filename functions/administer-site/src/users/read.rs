//! `GET /api/users/{id}`: one user.

use aws::Cloud;
use axum::Json;
use axum::extract::{Path, State};
use web::problem::Problem;

use super::{UserView, nobody};
use crate::administrator::Administrator;
use crate::failed;

pub(crate) async fn read(
    State(cloud): State<Cloud>,
    _: Administrator,
    Path(id): Path<String>,
) -> Result<Json<UserView>, Problem> {
    if !super::could_be_an_id(&id) {
        return Err(nobody());
    }
    let user = cloud.users().find_many(&[id]).await.map_err(failed)?.pop().flatten();
    user.map(|user| Json(user.into())).ok_or_else(nobody)
}
