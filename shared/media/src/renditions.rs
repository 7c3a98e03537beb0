//! The images that stand for an asset.

use crate::dimensions::Dimensions;

/// The two images every rendered asset has. Neither is larger than the asset itself.
#[derive(Debug)]
pub struct Renditions {
    /// Longest side at most 500 px.
    pub preview: RenderedJpeg,
    /// Longest side at most 150 px.
    pub thumbnail: RenderedJpeg,
}

/// A baseline JPEG in sRGB, upright, without metadata, transparency laid on white.
#[derive(Debug)]
pub struct RenderedJpeg {
    /// The bytes of the file.
    pub jpeg: Vec<u8>,
    /// Its size in pixels.
    pub dimensions: Dimensions,
}
