//! `/api/links/{id}/emails`.

pub(crate) mod list;
pub(crate) mod send;
mod view;
