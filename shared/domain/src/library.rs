//! The library: its folders, and the order of its assets.

pub mod counts;
pub mod folder;
pub mod place;
