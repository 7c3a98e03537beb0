//! `/api/users`: everybody who has signed in at least once.

pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod read;
mod view;
