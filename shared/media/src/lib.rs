//! Identifies files and renders their thumbnails and previews. Nothing here knows AWS.
//!
//! [`render`] uses the CPU (about 0.1 s for a photograph of 24 megapixels), so async callers must run it in
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
