//! What is true of links, assets and bundles, without IO.

pub mod zip;
