//! The images that are rendered from an asset.

use crate::dimensions::Dimensions;

/// The two images of a rendered asset. Neither is larger than the asset itself.
#[derive(Debug)]
pub struct Renditions {
    /// Longest side at most 500 px.
    pub preview: RenderedJpeg,
    /// Longest side at most 150 px.
    pub thumbnail: RenderedJpeg,
}

/// A baseline JPEG in sRGB, upright, without metadata. Transparent pixels are mixed with white.
#[derive(Debug)]
pub struct RenderedJpeg {
    /// The bytes of the file.
    pub jpeg: Vec<u8>,
    /// Its size in pixels.
    pub dimensions: Dimensions,
}
