//! `/s/{token}/bundles`: zips of several files.

pub(crate) mod ask;
mod manifest;
pub(crate) mod status;
