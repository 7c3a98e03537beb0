//! `/api/users`: whoever signed in once.

pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod read;
mod view;
