//! Bytes in, facts and files out: what a file is, and the small JPEGs that stand for it. Nothing here knows AWS.
//!
//! [`render`] is CPU-bound (about 0.1 s for a 24-megapixel photograph), so an async caller runs it in
//! `spawn_blocking`.

mod colour;
mod content;
mod dimensions;
mod limits;
mod raster;
mod render;
mod renditions;
mod shrink;
mod source;
mod svg;
mod unrenderable;

pub use dimensions::Dimensions;
pub use limits::Limits;
pub use render::{Media, render};
pub use renditions::{RenderedJpeg, Renditions};
pub use source::Source;
pub use unrenderable::Unrenderable;
