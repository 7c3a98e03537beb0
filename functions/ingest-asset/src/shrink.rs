//! From decoded pixels to the two small JPEGs.

use fast_image_resize::Resizer;
use image::{DynamicImage, RgbImage, metadata::Orientation};

use crate::{Dimensions, Refusal, Rendition, Renditions, colour};

/// Longest side of a preview in pixels.
pub(crate) const PREVIEW: u32 = 500;
/// Longest side of a thumbnail in pixels.
const THUMBNAIL: u32 = 150;
/// At 500 px the eye sees no artefacts from here on, and a preview is some 40 KB.
const QUALITY: u8 = 84;

/// A decoded image, perhaps already at a fraction of its size.
pub(crate) struct Decoded {
    pub(crate) pixels: DynamicImage,
    /// The whole image's size as it is stored, before orientation.
    pub(crate) stored: Dimensions,
    pub(crate) orientation: Orientation,
    /// The ICC profile of the pixels.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Shrinks first and does the rest on the small image, where it costs next to nothing.
pub(crate) fn renditions(decoded: Decoded) -> Result<Renditions, Refusal> {
    let Decoded { pixels, stored, orientation, profile } = decoded;
    let mut small = resize(&pixels, stored.shrink(PREVIEW))?;
    drop(pixels);
    if small.color().has_alpha() {
        small = on_white(&small);
    }
    // 16 bits, floats and grey become what a JPEG of the web is.
    let mut small = small.into_rgb8();
    if let Some(profile) = profile {
        colour::to_srgb(&mut small, &profile);
    }
    let mut small = DynamicImage::ImageRgb8(small);
    small.apply_orientation(orientation);
    from_preview(small.into_rgb8())
}

/// Both renditions of an image that is at its preview's size.
pub(crate) fn from_preview(preview: RgbImage) -> Result<Renditions, Refusal> {
    let size = Dimensions { width: preview.width(), height: preview.height() };
    let preview = DynamicImage::ImageRgb8(preview);
    let thumbnail = resize(&preview, size.shrink(THUMBNAIL))?;
    Ok(Renditions { preview: encode(&preview)?, thumbnail: encode(&thumbnail)? })
}

/// Lanczos, with the colour of transparent pixels kept out of their neighbours.
fn resize(image: &DynamicImage, to: Dimensions) -> Result<DynamicImage, Refusal> {
    if (image.width(), image.height()) == (to.width, to.height) {
        return Ok(image.clone());
    }
    let mut small = DynamicImage::new(to.width, to.height, image.color());
    Resizer::new().resize(image, &mut small, None).map_err(|error| {
        tracing::warn!(%error, "resizing failed");
        Refusal::Unsupported
    })?;
    Ok(small)
}

/// JPEG has no transparency; on white is how a page shows a cut-out.
fn on_white(image: &DynamicImage) -> DynamicImage {
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

/// The encoder writes JFIF and pixels: there is no EXIF, XMP or ICC to leave out.
fn encode(image: &DynamicImage) -> Result<Rendition, Refusal> {
    let dimensions = Dimensions { width: image.width(), height: image.height() };
    let side = |n: u32| u16::try_from(n).map_err(|_| Refusal::Unsupported);
    let (width, height) = (side(dimensions.width)?, side(dimensions.height)?);
    let mut jpeg = Vec::with_capacity(48 * 1024);
    // Standard Huffman tables: the optimised ones save 5% and come as scans of one colour each, which
    // some decoders get wrong (zune-jpeg 0.5 among them).
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    encoder.encode(image.as_bytes(), width, height, jpeg_encoder::ColorType::Rgb).map_err(|error| {
        tracing::warn!(%error, "encoding failed");
        Refusal::Unsupported
    })?;
    Ok(Rendition { jpeg, dimensions })
}
