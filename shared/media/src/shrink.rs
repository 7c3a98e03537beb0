//! Makes the two small JPEGs from decoded pixels.

use std::fmt;

use fast_image_resize::{
    IntoImageViewMut as _, MulDiv, PixelTrait, ResizeOptions, Resizer, images::TypedImage, pixels,
};
use image::{ColorType, DynamicImage, RgbImage, metadata::Orientation};

use crate::colour;
use crate::dimensions::Dimensions;
use crate::renditions::{RenderedJpeg, Renditions};
use crate::unrenderable::Unrenderable;

/// Longest side of a preview in pixels.
pub(crate) const PREVIEW: u32 = 500;
/// Longest side of a thumbnail in pixels.
const THUMBNAIL: u32 = 150;
/// The lowest JPEG quality without visible artefacts at 500 px; a preview has about 40 KB.
const QUALITY: u8 = 84;

/// A decoded image. It may have been decoded at a fraction of its size.
pub(crate) struct Decoded {
    pub(crate) pixels: DynamicImage,
    /// The full size in pixels, before orientation.
    pub(crate) stored: Dimensions,
    pub(crate) orientation: Orientation,
    /// The ICC profile of the pixels.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Makes both renditions. It resizes first, because all other steps cost almost nothing on the small image.
pub(crate) fn shrink(decoded: Decoded) -> Result<Renditions, Unrenderable> {
    let Decoded { mut pixels, stored, orientation, profile } = decoded;
    let mut small = resize(&mut pixels, stored.shrink(PREVIEW))?;
    drop(pixels);
    if small.color().has_alpha() {
        small = lay_on_white(&small);
    }
    // A JPEG for the web has RGB of 8 bits.
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
    let mut preview = DynamicImage::ImageRgb8(preview);
    let thumbnail = resize(&mut preview, size.shrink(THUMBNAIL))?;
    let thumbnail = DynamicImage::ImageRgb8(thumbnail.into_rgb8());
    Ok(Renditions { preview: encode(&preview)?, thumbnail: encode(&thumbnail)? })
}

/// Resizes with a Lanczos filter, without mixing the colour of transparent pixels into their neighbours. May change
/// `image`.
///
/// The resizer compiles thirty variants of its loops for each type of pixel and of view, which would take most of this
/// crate's build. All views here therefore have one type, and all images of 8 bits share two types of pixel.
fn resize(image: &mut DynamicImage, to: Dimensions) -> Result<DynamicImage, Unrenderable> {
    if (image.width(), image.height()) == (to.width, to.height) {
        return Ok(image.clone());
    }
    match image.color() {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => resize_bytes(image, to),
        ColorType::L16 => resize_pixels::<pixels::U16>(image, to, true),
        ColorType::La16 => resize_pixels::<pixels::U16x2>(image, to, true),
        ColorType::Rgb16 => resize_pixels::<pixels::U16x3>(image, to, true),
        ColorType::Rgba16 => resize_pixels::<pixels::U16x4>(image, to, true),
        ColorType::Rgb32F => resize_pixels::<pixels::F32x3>(image, to, true),
        ColorType::Rgba32F => resize_pixels::<pixels::F32x4>(image, to, true),
        other => Err(cannot_resize(format_args!("{other:?}"))),
    }
}

/// Resizes an image of 8 bits a channel to RGBA: first its height, for which all bytes of a row are independent, then
/// its width.
fn resize_bytes(image: &mut DynamicImage, to: Dimensions) -> Result<DynamicImage, Unrenderable> {
    let (is_transparent, alpha) = (image.color().has_alpha(), MulDiv::new());
    if is_transparent {
        alpha.multiply_alpha_inplace(image).map_err(cannot_resize)?;
    }
    let mut low = DynamicImage::new(image.width(), to.height, image.color());
    let tall = view_of_bytes(image)?;
    Resizer::new().resize_typed(&tall, &mut view_of_bytes(&mut low)?, None).map_err(cannot_resize)?;
    let mut low = DynamicImage::ImageRgba8(low.into_rgba8());
    let mut small = resize_pixels::<pixels::U8x4>(&mut low, to, false)?;
    if is_transparent {
        alpha.divide_alpha_inplace(&mut small).map_err(cannot_resize)?;
    }
    Ok(small)
}

/// The rows of an image of 8 bits a channel, as bytes.
fn view_of_bytes(image: &mut DynamicImage) -> Result<TypedImage<'_, pixels::U8>, Unrenderable> {
    let (width, height) = (image.width() * u32::from(image.color().channel_count()), image.height());
    let bytes: &mut [u8] = match image {
        DynamicImage::ImageLuma8(image) => image,
        DynamicImage::ImageLumaA8(image) => image,
        DynamicImage::ImageRgb8(image) => image,
        DynamicImage::ImageRgba8(image) => image,
        other => return Err(cannot_resize(format_args!("{:?}", other.color()))),
    };
    TypedImage::from_buffer(width, height, bytes).map_err(cannot_resize)
}

/// Resizes an image whose pixels have the type `P`. With `uses_alpha` the colour of transparent pixels is not mixed
/// into their neighbours; without it each channel is resized by itself.
fn resize_pixels<P: PixelTrait>(
    image: &mut DynamicImage,
    to: Dimensions,
    uses_alpha: bool,
) -> Result<DynamicImage, Unrenderable> {
    let mut small = DynamicImage::new(to.width, to.height, image.color());
    let (Some(from), Some(mut into)) = (image.image_view_mut::<P>(), small.image_view_mut::<P>()) else {
        return Err(cannot_resize("another type of pixel"));
    };
    let options = ResizeOptions::new().use_alpha(uses_alpha);
    Resizer::new().resize_typed(&from, &mut into, &options).map_err(cannot_resize)?;
    drop(into);
    Ok(small)
}

fn cannot_resize(error: impl fmt::Display) -> Unrenderable {
    tracing::warn!(%error, "resizing failed");
    Unrenderable::Unsupported
}

/// Mixes transparent pixels with white, because JPEG has no transparency.
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

/// Encodes a JPEG. The encoder writes no EXIF, XMP or ICC data, so nothing has to be removed.
fn encode(image: &DynamicImage) -> Result<RenderedJpeg, Unrenderable> {
    let dimensions = Dimensions { width: image.width(), height: image.height() };
    let side = |n: u32| u16::try_from(n).map_err(|_| Unrenderable::Unsupported);
    let (width, height) = (side(dimensions.width)?, side(dimensions.height)?);
    let mut jpeg = Vec::with_capacity(48 * 1024);
    // The standard Huffman tables: optimised ones save 5 %, but the encoder then writes one scan for each colour, which
    // some decoders read wrongly (zune-jpeg 0.5 for example).
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    encoder.encode(image.as_bytes(), width, height, jpeg_encoder::ColorType::Rgb).map_err(|error| {
        tracing::warn!(%error, "encoding failed");
        Unrenderable::Unsupported
    })?;
    Ok(RenderedJpeg { jpeg, dimensions })
}
