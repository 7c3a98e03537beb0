//! Detects a file's content by its first bytes, and checks it against the file's name.

use domain::file_type::{self, Content, FileType};

use crate::unrenderable::Unrenderable;

/// The number of first bytes that are read to detect the content: a PDF may begin with 1,024 other bytes, and an SVG
/// with a long comment.
pub(crate) const HEAD: u64 = 4096;

/// Identifies the type of the file called `name`, and the content to render it from if its type is rendered.
///
/// The extension decides the type; without an extension the content does. If the table of file types lists contents for
/// the type, `head` (the first bytes) must be one of them, or the file is unrenderable: a file with a false extension
/// is never decoded, nor shown to a recipient as an image.
pub(crate) fn identify(name: &str, head: &[u8]) -> (FileType, Result<Option<Content>, Unrenderable>) {
    let content = detect(head);
    let extension = file_type::extension(name);
    let file_type = match (&extension, content) {
        (Some(extension), _) => FileType::of_extension(extension),
        (None, Some(content)) => content.file_type(),
        (None, None) => FileType::unknown(),
    };
    let expected = file_type.contents();
    let agrees = expected.is_empty() || content.is_some_and(|content| expected.contains(&content));
    let rendered_from = match extension {
        _ if head.is_empty() => Err(Unrenderable::Empty),
        Some(extension) if !agrees => {
            Err(Unrenderable::WrongContent { extension, found: content.map(Content::in_words) })
        }
        _ => Ok(content.filter(|_| file_type.is_rendered())),
    };
    (file_type, rendered_from)
}

/// The check of each content's first bytes, in the order in which they are tried.
const SIGNATURES: [(Content, infer::Matcher); 12] = [
    (Content::Jpeg, infer::image::is_jpeg),
    (Content::Png, infer::image::is_png),
    (Content::WebP, infer::image::is_webp),
    (Content::Gif, infer::image::is_gif),
    (Content::Tiff, is_tiff),
    (Content::Bmp, infer::image::is_bmp),
    (Content::Zip, infer::archive::is_zip),
    (Content::Ole, infer::archive::is_msi), // an MSI file is an OLE container
    (Content::Wav, is_wav),
    (Content::Mp4, is_mp4),
    (Content::Pdf, infer::archive::is_pdf),
    (Content::Svg, is_svg),
];

fn detect(head: &[u8]) -> Option<Content> {
    SIGNATURES.iter().find(|(_, matches)| matches(head)).map(|(content, _)| *content)
}

/// TIFF and BigTIFF. `infer` does not know BigTIFF, and takes a TIFF for a Canon raw file if its ninth byte is `C` or
/// its tenth is `R`; in many files these are pixels.
fn is_tiff(head: &[u8]) -> bool {
    [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|start| head.starts_with(*start))
}

/// WAV, also in its variants for big-endian files (`RIFX`) and files over 4 GB (`RF64`), which `infer` does not know.
fn is_wav(head: &[u8]) -> bool {
    infer::audio::is_wav(head)
        || matches!(
            head,
            [b'R', b'I', b'F', b'X', _, _, _, _, b'W', b'A', b'V', b'E', ..]
                | [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        )
}

/// The first box of an MP4 of any brand, or of an older QuickTime file. `infer` has lists of brands, which miss the
/// brands of new cameras.
fn is_mp4(head: &[u8]) -> bool {
    let boxes: [&[u8]; 7] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];
    head.get(4..8).is_some_and(|kind| boxes.contains(&kind))
}

/// Whether the text may be the beginning of an SVG. Only parsing shows whether it is one.
fn is_svg(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    [&b"<svg"[..], b"<?xml", b"<!--", b"<!DOCTYPE svg"].iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identify_text(name: &str, head: &[u8]) -> (String, Result<Option<Content>, Unrenderable>) {
        let (file_type, rendered_from) = identify(name, head);
        (file_type.to_string(), rendered_from)
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0";

    #[test]
    fn a_file_that_is_not_rendered_has_the_type_of_its_extension() {
        assert_eq!(identify_text("report.docx", b"PK\x03\x04"), ("docx".into(), Ok(None)));
        assert_eq!(identify_text("photo.NEF", b"II*\0"), ("nef".into(), Ok(None)));
        assert_eq!(identify_text("clip.mov", b"\0\0\0\x14ftypqt  "), ("mov".into(), Ok(None)));
        assert_eq!(identify_text("x.wav", b"RIFF\x24\0\0\0WAVEfmt "), ("wav".into(), Ok(None)));
    }

    #[test]
    fn each_content_is_known_by_its_first_bytes() {
        let heads: [(Content, &[u8]); 24] = [
            (Content::Jpeg, JPEG),
            (Content::Png, PNG),
            (Content::WebP, b"RIFF\x24\0\0\0WEBPVP8 "),
            (Content::Gif, b"GIF87a"),
            (Content::Gif, b"GIF89a"),
            (Content::Tiff, b"II*\0\x08\0\0\0"),
            (Content::Tiff, b"II*\0\x08\0\0\0CR"), // two pixels
            (Content::Tiff, b"MM\0*\0\0\0\x08"),
            (Content::Tiff, b"II+\0\x08\0\0\0"),
            (Content::Tiff, b"MM\0+\0\x08\0\0"),
            (Content::Bmp, b"BM\x9a\0\0\0"),
            (Content::Zip, b"PK\x03\x04\x14\0"),
            (Content::Zip, b"PK\x05\x06\0\0"),
            (Content::Ole, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            (Content::Wav, b"RIFF\x24\0\0\0WAVEfmt "),
            (Content::Wav, b"RF64\xff\xff\xff\xffWAVEds64"),
            (Content::Wav, b"RIFX\0\0\0\x24WAVEfmt "),
            (Content::Mp4, b"\0\0\0\x20ftypisom\0\0\x02\0"),
            (Content::Mp4, b"\0\0\0\x1cftypXAVC\0\0\0\0"),
            (Content::Mp4, b"\0\0\x07\x5bmoov\0\0\0\x6cmvhd"),
            (Content::Pdf, b"%PDF-1.7"),
            (Content::Pdf, b"a line that some printers add\n%PDF-1.4"),
            (Content::Svg, b"\xef\xbb\xbf<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
            (Content::Svg, b"<?xml version=\"1.0\"?><svg/>"),
        ];
        for (expected, head) in heads {
            assert_eq!(detect(head), Some(expected), "{}", head.escape_ascii());
        }
        for head in [&b"MZ\x90\0"[..], b"Hello", b"<!doctype html>", b"RIFF\x24\0\0\0AVI LIST"] {
            assert_eq!(detect(head), None, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn without_an_extension_the_content_decides() {
        assert_eq!(identify_text("cover", PNG), ("png".into(), Ok(Some(Content::Png))));
        assert_eq!(identify_text("README", b"Hello"), ("file".into(), Ok(None)));
        assert_eq!(identify_text(".hidden", b"Hello"), ("file".into(), Ok(None)));
        assert_eq!(identify_text("archive", b"PK\x03\x04"), ("zip".into(), Ok(None)));
    }

    #[test]
    fn a_false_extension_is_refused() {
        let (file_type, rendered_from) = identify("holiday.jpg", PNG);
        assert_eq!(file_type.as_str(), "jpg");
        assert_eq!(
            rendered_from.unwrap_err().to_string(),
            "The name ends in .jpg, but the file holds a PNG image"
        );
        assert_eq!(
            identify_text("invoice.pdf", b"MZ\x90\0").1.unwrap_err().to_string(),
            "The name ends in .pdf, but the file holds something else"
        );
        assert!(identify_text("logo.svg", PNG).1.is_err());
        assert!(identify_text("film.mp4", JPEG).1.is_err());
        assert_eq!(identify_text("holiday.jpeg", JPEG), ("jpg".into(), Ok(Some(Content::Jpeg))));
    }

    #[test]
    fn an_empty_file_is_refused_with_any_name() {
        for name in ["a.jpg", "a.txt", "a"] {
            assert_eq!(identify_text(name, b"").1, Err(Unrenderable::Empty));
        }
    }
}
