//! `/api/links`.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod owned;
pub(crate) mod owners;
pub(crate) mod read;
pub(crate) mod target;
pub(crate) mod view;
