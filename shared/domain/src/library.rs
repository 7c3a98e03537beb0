//! The library: its folders, the order of its assets, and how they are found.

pub mod counts;
pub mod folder;
pub mod place;
pub mod query;
pub mod words;
