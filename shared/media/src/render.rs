//! One file in, its facts and renditions out.

use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use domain::file_type::{Content, FileType};
use image::ImageFormat;

use crate::{Unrenderable, content, raster, shrink, svg, watched::Watched};

/// A file to read. Code that reads it takes `&mut dyn Source`, so that each decoder is compiled once, here, and not
/// again for each kind of reader; a decoder asks for 8 KB at a time, so that the call costs nothing.
pub trait Source: Read + Seek {}
impl<R: Read + Seek> Source for R {}

/// What one file may cost. The defaults suit a function of 1 GB.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most pixels (width × height) that an image's header may claim. JPEGs are decoded at a fraction of
    /// their size and may come near this; formats that are decoded whole reach `memory` first.
    pub pixels: u64,
    /// The most bytes that decoding may hold at once.
    pub memory: u64,
    /// The most bytes of an SVG's text, all of which is parsed.
    pub svg_bytes: u64,
    /// The longest that decoding may take, in wall-clock time: a busy machine refuses more than an idle one.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pixels: 512_000_000,
            memory: 512_000_000,
            svg_bytes: 16_000_000,
            time: Duration::from_secs(30),
        }
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Dimensions {
    /// The size at the same aspect ratio whose longest side is `longest`, with no side below 1.
    pub(crate) fn fit(self, longest: u32) -> Self {
        let side = u64::from(self.width.max(self.height)).max(1);
        let scaled = |n: u32| -> u32 {
            let rounded = (u64::from(n) * u64::from(longest) + side / 2) / side;
            u32::try_from(rounded).unwrap_or(longest).max(1)
        };
        Self { width: scaled(self.width), height: scaled(self.height) }
    }

    /// [`fit`](Self::fit), but never larger than it is.
    pub(crate) fn shrink(self, longest: u32) -> Self {
        if self.width.max(self.height) <= longest { self } else { self.fit(longest) }
    }

    pub(crate) fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// `6,000 × 4,000`
impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grouped = |n: u32| {
            let digits = n.to_string();
            let mut text = String::with_capacity(digits.len() + 3);
            for (i, digit) in digits.char_indices() {
                if i > 0 && (digits.len() - i).is_multiple_of(3) {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        };
        write!(f, "{} × {}", grouped(self.width), grouped(self.height))
    }
}

/// What one file is, and what was drawn from it.
#[derive(Debug)]
pub struct Media {
    /// What it is, by name and content.
    pub file_type: FileType,
    /// An image's size as people see it, after its orientation is applied. Known for some unrenderable images too.
    pub dimensions: Option<Dimensions>,
    /// Its renditions; `None` for a type that Vitrine does not render (PDF, audio, video, documents); or why
    /// there are none though its type has them.
    pub renditions: Result<Option<Renditions>, Unrenderable>,
}

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

/// Identifies the file called `name` and, if it is an image, renders it.
///
/// Reads `source` from its beginning, leaves its position anywhere, and takes no more memory and time
/// than `limits` allow, whatever the file holds. A decoder that panics makes the file unrenderable.
///
/// # Errors
/// Only where `source` itself can't be read; trying again may help. A bad file is no error: [`Media::renditions`]
/// says what is wrong with it.
pub fn render(source: &mut dyn Source, name: &str, limits: &Limits) -> io::Result<Media> {
    let mut head = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    (&mut *source).take(content::HEAD).read_to_end(&mut head)?;
    let (file_type, rendered_from) = content::identify(name, &head);
    let content = match rendered_from {
        Ok(Some(content)) => content,
        Ok(None) => return Ok(Media { file_type, dimensions: None, renditions: Ok(None) }),
        Err(unrenderable) => return Ok(Media { file_type, dimensions: None, renditions: Err(unrenderable) }),
    };
    let length = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;

    let mut watched = Watched::new(source, limits.time);
    let mut dimensions = None;
    let drawn = catch_unwind(AssertUnwindSafe(|| match content {
        Content::Jpeg => shrink::shrink(raster::decode_jpeg(&mut watched, length, limits, &mut dimensions)?),
        Content::Svg => svg::render_svg(&mut watched, length, limits, &mut dimensions),
        content => {
            let format = image_format(content).ok_or(Unrenderable::Unsupported)?;
            shrink::shrink(raster::decode_with_image(&mut watched, format, length, limits, &mut dimensions)?)
        }
    }));
    let renditions = match drawn {
        _ if watched.is_late() => Err(Unrenderable::TooSlow { seconds: limits.time.as_secs() }),
        Ok(drawn) => drawn.map(Some),
        Err(_) => {
            tracing::warn!(%file_type, "a decoder panicked");
            Err(Unrenderable::Damaged)
        }
    };
    match watched.into_failure() {
        Some(error) => Err(error),
        None => Ok(Media { file_type, dimensions, renditions }),
    }
}

/// The format by which the `image` crate decodes a content.
fn image_format(content: Content) -> Option<ImageFormat> {
    Some(match content {
        Content::Jpeg => ImageFormat::Jpeg,
        Content::Png => ImageFormat::Png,
        Content::WebP => ImageFormat::WebP,
        Content::Gif => ImageFormat::Gif,
        Content::Tiff => ImageFormat::Tiff,
        Content::Bmp => ImageFormat::Bmp,
        Content::Svg | Content::Pdf | Content::Wav | Content::Mp4 | Content::Zip | Content::Ole => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Dimensions {
        Dimensions { width, height }
    }

    #[test]
    fn a_thumbnail_of_three_by_two_is_150_by_100() {
        assert_eq!(size(6000, 4000).shrink(150), size(150, 100));
        assert_eq!(size(4000, 6000).shrink(150), size(100, 150));
        assert_eq!(size(6000, 4000).shrink(500), size(500, 333));
    }

    #[test]
    fn small_images_stay_and_thin_ones_keep_a_pixel() {
        assert_eq!(size(100, 20).shrink(150), size(100, 20));
        assert_eq!(size(60_000, 3).shrink(500), size(500, 1));
        assert_eq!(size(u32::MAX, 1).shrink(500), size(500, 1));
    }

    #[test]
    fn sizes_are_read_in_thousands() {
        assert_eq!(size(100_000, 999).to_string(), "100,000 × 999");
        assert_eq!(size(1_234_567, 1000).to_string(), "1,234,567 × 1,000");
    }
}
