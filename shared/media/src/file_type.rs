//! What a file is, by its name's extension and by its first bytes.

use std::{fmt, path::Path};

use crate::Unrenderable;

/// How much of a file's beginning tells what it holds: PDF allows 1,024 bytes before its mark, and
/// an SVG may begin with a long comment.
pub(crate) const HEAD: u64 = 4096;

/// A lower-case short name of what a file is, as the API shows and searches it: `jpg`, `tiff`, `pdf`.
///
/// Spellings of one type share a name (`jpeg`, `jpe` and `JPG` are `jpg`). A file with neither an
/// extension nor known content is a `file`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileType(String);

impl FileType {
    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Vitrine renders a thumbnail and a preview of it, and can convert it by an image preset.
    pub fn is_rendered(&self) -> bool {
        Format::of(&self.0).is_some()
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An image format that renditions are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Svg,
    /// What the `image` crate decodes: PNG, WebP, GIF, TIFF, BMP.
    Other(image::ImageFormat),
}

impl Format {
    fn of(file_type: &str) -> Option<Self> {
        Some(match file_type {
            "jpg" => Self::Jpeg,
            "svg" => Self::Svg,
            "png" => Self::Other(image::ImageFormat::Png),
            "webp" => Self::Other(image::ImageFormat::WebP),
            "gif" => Self::Other(image::ImageFormat::Gif),
            "tiff" => Self::Other(image::ImageFormat::Tiff),
            "bmp" => Self::Other(image::ImageFormat::Bmp),
            _ => return None,
        })
    }
}

/// What the file called `name` says it is; what it holds has not been read yet.
pub fn by_name(name: &str) -> FileType {
    FileType(extension(name).map_or_else(|| "file".to_owned(), |extension| normal(&extension).to_owned()))
}

/// Says what the file called `name` is, and the format to render it from, if any.
///
/// The extension decides the type. Where Vitrine knows what a file of that type begins with, `head`
/// (its first bytes) must agree, or the file is refused: what calls itself a photograph and is not
/// one is never handed to a decoder or to a recipient as if it were.
pub(crate) fn identify(name: &str, head: &[u8]) -> (FileType, Result<Option<Format>, Unrenderable>) {
    let content = content(head);
    let Some(extension) = extension(name) else {
        let file_type = FileType(content.unwrap_or("file").to_owned());
        let format = Format::of(file_type.as_str());
        return (file_type, if head.is_empty() { Err(Unrenderable::Empty) } else { Ok(format) });
    };
    let file_type = FileType(normal(&extension).to_owned());
    let format = if head.is_empty() {
        Err(Unrenderable::Empty)
    } else if content_of(file_type.as_str()).is_some_and(|holds| !content.is_some_and(|c| holds.contains(&c)))
    {
        Err(Unrenderable::WrongContent { extension, found: content.map(in_words) })
    } else {
        Ok(Format::of(file_type.as_str()))
    };
    (file_type, format)
}

/// The extension in lower case, if it is one that a person would call so.
fn extension(name: &str) -> Option<String> {
    let extension = Path::new(name).extension()?.to_str()?;
    let plausible =
        (1..=10).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    plausible.then(|| extension.to_ascii_lowercase())
}

fn normal(extension: &str) -> &str {
    match extension {
        "jpeg" | "jpe" | "jfif" => "jpg",
        "tif" => "tiff",
        "dib" => "bmp",
        "htm" => "html",
        "mpeg" => "mpg",
        "aif" => "aiff",
        other => other,
    }
}

/// What a file of this type may hold, in the words of [`content`]; `None` where any content goes.
fn content_of(file_type: &str) -> Option<&'static [&'static str]> {
    Some(match file_type {
        "jpg" => &["jpg"],
        "png" => &["png"],
        "webp" => &["webp"],
        "gif" => &["gif"],
        "tiff" => &["tiff"],
        "bmp" => &["bmp"],
        "svg" => &["svg"],
        "pdf" => &["pdf"],
        "wav" => &["wav"],
        "mp4" | "m4v" | "mov" => &["mp4"],
        "zip" => &["zip"],
        // An Office document under a password is an OLE container.
        "docx" | "xlsx" | "pptx" => &["zip", "ole"],
        _ => return None,
    })
}

/// What the first bytes say the file holds, as a short type name.
fn content(head: &[u8]) -> Option<&'static str> {
    use image::ImageFormat as I;
    match image::guess_format(head) {
        Ok(I::Jpeg) => return Some("jpg"),
        Ok(I::Png) => return Some("png"),
        Ok(I::WebP) => return Some("webp"),
        Ok(I::Gif) => return Some("gif"),
        Ok(I::Tiff) => return Some("tiff"),
        Ok(I::Bmp) => return Some("bmp"),
        Ok(_) | Err(_) => {}
    }
    match head {
        [b'I', b'I', 43, 0, ..] | [b'M', b'M', 0, 43, ..] => Some("tiff"), // BigTIFF
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Some("zip"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("ole"),
        [b'R', b'I' | b'F', b'F' | b'6', b'F' | b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("wav"),
        // The first box of an MP4; older QuickTime files begin with another box.
        [_, _, _, _, kind @ ..]
            if [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"]
                .iter()
                .any(|k| kind.starts_with(*k)) =>
        {
            Some("mp4")
        }
        _ if head[..head.len().min(1024)].windows(5).any(|w| w == b"%PDF-") => Some("pdf"),
        _ if is_svg(head) => Some("svg"),
        _ => None,
    }
}

/// Whether the text begins as an SVG may; whether it is one, parsing shows.
fn is_svg(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    [&b"<svg"[..], b"<?xml", b"<!--", b"<!DOCTYPE svg"].iter().any(|start| text.starts_with(start))
}

fn in_words(content: &str) -> &'static str {
    match content {
        "jpg" => "a JPEG image",
        "png" => "a PNG image",
        "webp" => "a WebP image",
        "gif" => "a GIF image",
        "tiff" => "a TIFF image",
        "bmp" => "a BMP image",
        "svg" => "an XML text",
        "pdf" => "a PDF document",
        "wav" => "a WAV recording",
        "mp4" => "a video",
        "zip" => "a zip archive",
        _ => "an Office document",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, head: &[u8]) -> (String, Result<Option<Format>, Unrenderable>) {
        let (file_type, format) = identify(name, head);
        (file_type.to_string(), format)
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn spellings_of_one_type_share_a_name() {
        for name in ["a.jpg", "a.JPG", "ü.jpeg", "a.b.Jpe", "日本.jfif"] {
            assert_eq!(kind(name, b"\xff\xd8\xff\xe0"), ("jpg".into(), Ok(Some(Format::Jpeg))), "{name}");
        }
        assert_eq!(kind("scan.TIF", b"II*\0").0, "tiff");
    }

    #[test]
    fn what_vitrine_does_not_render_keeps_its_extension() {
        assert_eq!(kind("report.docx", b"PK\x03\x04"), ("docx".into(), Ok(None)));
        assert_eq!(kind("photo.NEF", b"II*\0"), ("nef".into(), Ok(None)));
        assert_eq!(kind("clip.mov", b"\0\0\0\x14ftypqt  "), ("mov".into(), Ok(None)));
        assert_eq!(kind("x.wav", b"RIFF\x24\0\0\0WAVEfmt "), ("wav".into(), Ok(None)));
    }

    #[test]
    fn without_an_extension_the_content_decides() {
        assert_eq!(kind("cover", PNG).0, "png");
        assert_eq!(kind("README", b"Hello").0, "file");
        assert_eq!(kind(".hidden", b"Hello").0, "file");
        assert_eq!(kind("odd.a b/c", b"Hello").0, "file");
    }

    #[test]
    fn a_lying_extension_is_refused() {
        let (file_type, format) = identify("holiday.jpg", PNG);
        assert_eq!(file_type.as_str(), "jpg");
        assert_eq!(format.unwrap_err().to_string(), "The name ends in .jpg, but the file holds a PNG image");
        assert_eq!(
            kind("invoice.pdf", b"MZ\x90\0").1.unwrap_err().to_string(),
            "The name ends in .pdf, but the file holds something else"
        );
        assert!(kind("logo.svg", PNG).1.is_err());
        assert!(kind("film.mp4", b"\xff\xd8\xff\xe0").1.is_err());
    }

    #[test]
    fn an_empty_file_is_refused_whatever_its_name() {
        for name in ["a.jpg", "a.txt", "a"] {
            assert_eq!(kind(name, b"").1, Err(Unrenderable::Empty));
        }
    }
}
