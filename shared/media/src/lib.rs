//! Bytes in, facts and files out: what a file is, and the small JPEGs that stand for it. Nothing here knows AWS.
//!
//! [`render`] is CPU-bound (about 0.1 s for a 24-megapixel photograph), so an async caller runs it in
//! `spawn_blocking`.

mod colour;
mod content;
mod raster;
mod render;
mod shrink;
mod svg;
mod unrenderable;
mod watched;

pub use render::{Dimensions, Limits, Media, RenderedJpeg, Renditions, Source, render};
pub use unrenderable::Unrenderable;
