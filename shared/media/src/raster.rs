//! Decodes images to pixels, within limits.

use std::io::{BufReader, ErrorKind, SeekFrom};

use image::{
    DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage,
    metadata::Orientation,
};
use jpeg_decoder::{CodingProcess, PixelFormat};

use crate::dimensions::Dimensions;
use crate::limits::Limits;
use crate::shrink::{Decoded, PREVIEW};
use crate::source::Source;
use crate::unrenderable::Unrenderable;

/// A JPEG is decoded at the smallest of 1/8, 1/4, 1/2 and 1 of its size that is at least twice the preview's size. Then
/// the resizer's filter decides how sharp the preview is, and not the decoder's coarse one.
const SCALED: u16 = 2 * PREVIEW as u16;

/// Decodes a JPEG at a fraction of its size, which takes a tenth of the memory and a third of the time of full size.
/// `seen` is set to the size after orientation as soon as it is known.
pub(crate) fn decode_jpeg(
    source: &mut dyn Source,
    length: u64,
    limits: &Limits,
    seen: &mut Option<Dimensions>,
) -> Result<Decoded, Unrenderable> {
    let mut decoder = jpeg_decoder::Decoder::new(BufReader::new(&mut *source));
    let info = match decoder.read_info() {
        Ok(()) => decoder.info(),
        Err(jpeg_decoder::Error::Unsupported(_)) => None,
        Err(error) => return Err(explain_jpeg(error)),
    };
    // Rare variants (CMYK, 12 or 16 bits, lossless) are left to the other decoder, which may know them.
    let Some(info) = info.filter(|i| matches!(i.pixel_format, PixelFormat::L8 | PixelFormat::RGB24)) else {
        drop(decoder);
        source.seek(SeekFrom::Start(0)).map_err(|_| Unrenderable::Damaged)?;
        return decode_with_image(source, ImageFormat::Jpeg, length, limits, seen);
    };
    let stored = Dimensions { width: info.width.into(), height: info.height.into() };
    let orientation =
        decoder.exif_data().and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    *seen = Some(size_as_seen(stored, orientation));

    let samples = stored.pixels() * info.pixel_format.pixel_bytes() as u64;
    let (width, height) = if info.width >= info.height { (SCALED, u16::MAX) } else { (u16::MAX, SCALED) };
    let (width, height) = decoder.scale(width, height).map_err(explain_jpeg)?;
    let scaled = u64::from(width) * u64::from(height) * info.pixel_format.pixel_bytes() as u64;
    let coefficients = match info.coding_process {
        // All coefficients of the full image, two bytes each, are kept until the last scan.
        CodingProcess::DctProgressive => 2 * samples,
        _ => 0,
    };
    check(stored, size_as_seen(stored, orientation), 2 * scaled + coefficients, limits)?;

    let pixels = decoder.decode().map_err(explain_jpeg)?;
    let profile = decoder.icc_profile();
    let (width, height) = (u32::from(width), u32::from(height));
    let pixels = match info.pixel_format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
        _ => RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
    };
    Ok(Decoded { pixels: pixels.ok_or(Unrenderable::Damaged)?, stored, orientation, profile })
}

/// Decodes any other format at full size. Of an animation it decodes the first frame.
pub(crate) fn decode_with_image(
    source: &mut dyn Source,
    format: ImageFormat,
    length: u64,
    limits: &Limits,
    seen: &mut Option<Dimensions>,
) -> Result<Decoded, Unrenderable> {
    // The decoders of these two formats first read the whole file into memory.
    let compressed = if matches!(format, ImageFormat::Jpeg | ImageFormat::WebP) { length } else { 0 };
    if compressed > limits.memory {
        return Err(Unrenderable::OutOfMemory { allowed: limits.memory });
    }
    let explain = |error| explain(error, limits);
    if format == ImageFormat::Bmp {
        // The decoder rejects an image with a side over 65,535 px as damaged, without its size.
        let stored = bmp_size(source).ok_or(Unrenderable::Truncated)?;
        *seen = Some(stored);
        check(stored, stored, 0, limits)?;
    }
    let mut reader = ImageReader::with_format(BufReader::new(source), format);
    let mut allowed = image::Limits::no_limits();
    allowed.max_alloc = Some(limits.memory);
    reader.limits(allowed);
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    let stored = Dimensions { width, height };
    *seen = Some(stored);
    // The size is checked before the metadata is read, because the metadata may be anywhere in the file.
    check(stored, stored, 0, limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let visible = size_as_seen(stored, orientation);
    *seen = Some(visible);
    // The resizer may copy an image that has transparency.
    let copies = if decoder.color_type().has_alpha() { 2 } else { 1 };
    check(stored, visible, copies * decoder.total_bytes() + compressed, limits)?;
    let profile = decoder.icc_profile().ok().flatten();
    let pixels = DynamicImage::from_decoder(decoder).map_err(explain)?;
    Ok(Decoded { pixels, stored, orientation, profile })
}

/// The size in the header of a BMP. In OS/2's files, whose header has 12 bytes, it is at another offset.
fn bmp_size(source: &mut dyn Source) -> Option<Dimensions> {
    let mut head = [0; 26];
    source.read_exact(&mut head).ok()?;
    source.seek(SeekFrom::Start(0)).ok()?;
    let short = |at: usize| u32::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let long = |at: usize| (short(at) | short(at + 2) << 16).cast_signed().unsigned_abs();
    Some(match short(14) {
        12 => Dimensions { width: short(18), height: short(20) },
        _ => Dimensions { width: long(18), height: long(22) }, // a negative height means rows from the top
    })
}

/// Checks `stored`, the size before orientation, against the limits. Error messages show `seen`, the size after it.
fn check(stored: Dimensions, seen: Dimensions, needs: u64, limits: &Limits) -> Result<(), Unrenderable> {
    if stored.pixels() == 0 {
        Err(Unrenderable::Damaged)
    } else if stored.pixels() > limits.pixels {
        Err(Unrenderable::TooManyPixels { dimensions: seen, megapixels: limits.pixels / 1_000_000 })
    } else if needs > limits.memory {
        Err(Unrenderable::TooMuchMemory { dimensions: seen, needs, allowed: limits.memory })
    } else {
        Ok(())
    }
}

/// The size after orientation: a quarter turn swaps width and height.
fn size_as_seen(stored: Dimensions, orientation: Orientation) -> Dimensions {
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => Dimensions { width: stored.height, height: stored.width },
        _ => stored,
    }
}

fn explain_jpeg(error: jpeg_decoder::Error) -> Unrenderable {
    tracing::info!(%error, "a JPEG can't be decoded");
    match error {
        jpeg_decoder::Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => Unrenderable::Truncated,
        jpeg_decoder::Error::Unsupported(_) => Unrenderable::Unsupported,
        _ => Unrenderable::Damaged,
    }
}

fn explain(error: ImageError, limits: &Limits) -> Unrenderable {
    tracing::info!(%error, "an image can't be decoded");
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Unrenderable::Truncated,
        ImageError::Limits(_) => Unrenderable::OutOfMemory { allowed: limits.memory },
        ImageError::Unsupported(_) => Unrenderable::Unsupported,
        _ => Unrenderable::Damaged,
    }
}
