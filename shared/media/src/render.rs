//! Identifies and renders one file.

use std::io::{self, Read, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::file_type::{Content, FileType};
use image::ImageFormat;

use crate::dimensions::Dimensions;
use crate::limits::Limits;
use crate::renditions::Renditions;
use crate::source::{Source, Watched};
use crate::unrenderable::Unrenderable;
use crate::{content, raster, shrink, svg};

/// A file's type, size and renditions.
#[derive(Debug)]
pub struct Media {
    /// The type, by name and content.
    pub file_type: FileType,
    /// An image's size after its orientation is applied. It may be known even if the image can't be rendered.
    pub dimensions: Option<Dimensions>,
    /// The renditions; `None` for a type that is not rendered (PDF, audio, video, documents); the error for a file that
    /// can't be rendered though its type is.
    pub renditions: Result<Option<Renditions>, Unrenderable>,
}

/// Identifies the file called `name` and, if it is an image, renders it.
///
/// Reads `source` from its beginning and leaves its position undefined. Takes no more memory and time than `limits`
/// allow, even for a hostile file. If a decoder panics, the file is unrenderable.
///
/// # Errors
/// Only when `source` can't be read; a retry may help. A bad file is no error: [`Media::renditions`] has the reason.
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
    let outcome = catch_unwind(AssertUnwindSafe(|| match content {
        Content::Jpeg => shrink::shrink(raster::decode_jpeg(&mut watched, length, limits, &mut dimensions)?),
        Content::Svg => svg::render_svg(&mut watched, length, limits, &mut dimensions),
        content => {
            let format = image_format(content).ok_or(Unrenderable::Unsupported)?;
            shrink::shrink(raster::decode_with_image(&mut watched, format, length, limits, &mut dimensions)?)
        }
    }));
    let renditions = match outcome {
        _ if watched.is_late() => Err(Unrenderable::TooSlow { seconds: limits.time.as_secs() }),
        Ok(renditions) => renditions.map(Some),
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

/// The `image` crate's format for a content.
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
