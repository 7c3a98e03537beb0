//! From decoded pixels to the two small JPEGs.

use fast_image_resize::Resizer;
use image::{DynamicImage, RgbImage, metadata::Orientation};

use crate::{Dimensions, RenderedJpeg, Renditions, Unrenderable, colour};

/// Longest side of a preview in pixels.
pub(crate) const PREVIEW: u32 = 500;
/// Longest side of a thumbnail in pixels.
const THUMBNAIL: u32 = 150;
/// From this quality on the eye sees no artefacts at 500 px; a preview is about 40 KB.
const QUALITY: u8 = 84;

/// A decoded image, which may already be at a fraction of its size.
pub(crate) struct Decoded {
    pub(crate) pixels: DynamicImage,
    /// The whole image's size in pixels as it is stored, before orientation.
    pub(crate) stored: Dimensions,
    pub(crate) orientation: Orientation,
    /// The ICC profile of the pixels.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Makes both renditions. Shrinks first and does the rest on the small image, where it costs almost nothing.
pub(crate) fn shrink(decoded: Decoded) -> Result<Renditions, Unrenderable> {
    let Decoded { pixels, stored, orientation, profile } = decoded;
    let mut small = resize(&pixels, stored.shrink(PREVIEW))?;
    drop(pixels);
    if small.color().has_alpha() {
        small = lay_on_white(&small);
    }
    // 16 bits, floats and grey become RGB of 8 bits, which is what a JPEG on the web has.
    let mut small = small.into_rgb8();
    if let Some(profile) = profile {
        colour::to_srgb(&mut small, &profile);
    }
    let mut small = DynamicImage::ImageRgb8(small);
    small.apply_orientation(orientation);
    shrink_preview(small.into_rgb8())
}

/// Makes both renditions of an image that already has the preview's size.
pub(crate) fn shrink_preview(preview: RgbImage) -> Result<Renditions, Unrenderable> {
    let size = Dimensions { width: preview.width(), height: preview.height() };
    let preview = DynamicImage::ImageRgb8(preview);
    let thumbnail = resize(&preview, size.shrink(THUMBNAIL))?;
    Ok(Renditions { preview: encode(&preview)?, thumbnail: encode(&thumbnail)? })
}

/// Resizes with Lanczos; the colour of transparent pixels does not bleed into their neighbours.
fn resize(image: &DynamicImage, to: Dimensions) -> Result<DynamicImage, Unrenderable> {
    if (image.width(), image.height()) == (to.width, to.height) {
        return Ok(image.clone());
    }
    let mut small = DynamicImage::new(to.width, to.height, image.color());
    Resizer::new().resize(image, &mut small, None).map_err(|error| {
        tracing::warn!(%error, "resizing failed");
        Unrenderable::Unsupported
    })?;
    Ok(small)
}

/// JPEG has no transparency, and pages show a cut-out on white.
fn lay_on_white(image: &DynamicImage) -> DynamicImage {
    let mut rgba = image.to_rgba8();
    for pixel in rgba.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for channel in &mut pixel.0[..3] {
            let mixed = (u32::from(*channel) * alpha + 255 * (255 - alpha) + 127) / 255;
            *channel = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
        pixel[3] = 255;
    }
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(rgba).into_rgb8())
}

/// The encoder writes JFIF and pixels only, so no EXIF, XMP or ICC has to be removed.
fn encode(image: &DynamicImage) -> Result<RenderedJpeg, Unrenderable> {
    let dimensions = Dimensions { width: image.width(), height: image.height() };
    let side = |n: u32| u16::try_from(n).map_err(|_| Unrenderable::Unsupported);
    let (width, height) = (side(dimensions.width)?, side(dimensions.height)?);
    let mut jpeg = Vec::with_capacity(48 * 1024);
    // Standard Huffman tables: optimised ones save 5 %, but the encoder then writes one scan per colour, which some
    // decoders read wrongly (zune-jpeg 0.5 among them).
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    encoder.encode(image.as_bytes(), width, height, jpeg_encoder::ColorType::Rgb).map_err(|error| {
        tracing::warn!(%error, "encoding failed");
        Unrenderable::Unsupported
    })?;
    Ok(RenderedJpeg { jpeg, dimensions })
}
