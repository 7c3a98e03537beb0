//! One file in, its facts and renditions out.

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
