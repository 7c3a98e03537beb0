//! The one table of file types: how each is spelled, written and drawn, what its files hold, and which are rendered.

use std::fmt;

/// What a file is for people: a picture, a film, a table. Each has an icon of the same name in `icons.svg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MediaKind {
    /// Pixels: photographs, scans, camera raw files.
    Image,
    /// Drawings made of shapes.
    Vector,
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// PDF documents.
    Pdf,
    /// Tables and spreadsheets.
    Sheet,
    /// Files that hold other files.
    Archive,
    /// Typefaces.
    Font,
    /// Everything else.
    Document,
}

impl MediaKind {
    const ALL: [Self; 9] = [
        Self::Image,
        Self::Vector,
        Self::Video,
        Self::Audio,
        Self::Pdf,
        Self::Sheet,
        Self::Archive,
        Self::Font,
        Self::Document,
    ];

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Its name in lower case, which is also its icon's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Vector => "vector",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Pdf => "pdf",
            Self::Sheet => "sheet",
            Self::Archive => "archive",
            Self::Font => "font",
            Self::Document => "document",
        }
    }
}

/// What a file's first bytes say that it holds. Several file types may hold the same: a DOCX is a zip archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// A JPEG image.
    Jpeg,
    /// A PNG image.
    Png,
    /// A WebP image.
    WebP,
    /// A GIF image.
    Gif,
    /// A TIFF image, or a camera raw file built like one.
    Tiff,
    /// A Windows or OS/2 bitmap.
    Bmp,
    /// An XML text, which may be an SVG drawing.
    Svg,
    /// A PDF document.
    Pdf,
    /// A WAV recording.
    Wav,
    /// A video in MP4's or QuickTime's boxes.
    Mp4,
    /// A zip archive.
    Zip,
    /// An OLE container: an old Office document, or a new one under a password.
    Ole,
}

impl Content {
    /// The type of a file that holds this and whose name has no extension.
    pub fn file_type(self) -> FileType {
        FileType::of_extension(match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Wav => "wav",
            Self::Mp4 => "mp4",
            Self::Zip => "zip",
            Self::Ole => "ole",
        })
    }

    /// What it is, in words with their article: `a PNG image`.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Jpeg => "a JPEG image",
            Self::Png => "a PNG image",
            Self::WebP => "a WebP image",
            Self::Gif => "a GIF image",
            Self::Tiff => "a TIFF image",
            Self::Bmp => "a BMP image",
            Self::Svg => "an XML text",
            Self::Pdf => "a PDF document",
            Self::Wav => "a WAV recording",
            Self::Mp4 => "a video",
            Self::Zip => "a zip archive",
            Self::Ole => "an Office document",
        }
    }
}

/// A row of the table.
struct Known {
    name: &'static str,
    spellings: &'static [&'static str],
    label: &'static str,
    kind: MediaKind,
    /// Empty where Vitrine does not look.
    contents: &'static [Content],
    is_rendered: bool,
}

/// A type that is rendered, from the one content that its files hold.
const fn rendered(
    name: &'static str,
    spellings: &'static [&'static str],
    label: &'static str,
    kind: MediaKind,
    contents: &'static [Content],
) -> Known {
    Known { name, spellings, label, kind, contents, is_rendered: true }
}

/// A type whose content is checked.
const fn checked(
    name: &'static str,
    label: &'static str,
    kind: MediaKind,
    contents: &'static [Content],
) -> Known {
    Known { name, spellings: &[], label, kind, contents, is_rendered: false }
}

/// A type that may hold anything.
const fn plain(
    name: &'static str,
    spellings: &'static [&'static str],
    label: &'static str,
    kind: MediaKind,
) -> Known {
    Known { name, spellings, label, kind, contents: &[], is_rendered: false }
}

/// Types that are not here are documents, spelled as their extension, written in capitals and never rendered.
const TABLE: &[Known] = {
    use MediaKind as K;
    &[
        rendered("jpg", &["jpeg", "jpe", "jfif"], "JPEG", K::Image, &[Content::Jpeg]),
        rendered("png", &[], "PNG", K::Image, &[Content::Png]),
        rendered("webp", &[], "WebP", K::Image, &[Content::WebP]),
        rendered("gif", &[], "GIF", K::Image, &[Content::Gif]),
        rendered("tiff", &["tif"], "TIFF", K::Image, &[Content::Tiff]),
        rendered("bmp", &["dib"], "BMP", K::Image, &[Content::Bmp]),
        rendered("svg", &[], "SVG", K::Vector, &[Content::Svg]),
        plain("heic", &[], "HEIC", K::Image),
        plain("heif", &[], "HEIF", K::Image),
        plain("avif", &[], "AVIF", K::Image),
        plain("raw", &[], "RAW", K::Image),
        plain("cr2", &[], "CR2", K::Image),
        plain("cr3", &[], "CR3", K::Image),
        plain("nef", &[], "NEF", K::Image),
        plain("arw", &[], "ARW", K::Image),
        plain("dng", &[], "DNG", K::Image),
        plain("psd", &[], "PSD", K::Image),
        plain("ai", &[], "AI", K::Vector),
        plain("eps", &[], "EPS", K::Vector),
        checked("mp4", "MP4", K::Video, &[Content::Mp4]),
        checked("m4v", "M4V", K::Video, &[Content::Mp4]),
        checked("mov", "MOV", K::Video, &[Content::Mp4]),
        plain("mkv", &[], "MKV", K::Video),
        plain("avi", &[], "AVI", K::Video),
        plain("webm", &[], "WEBM", K::Video),
        plain("mpg", &["mpeg"], "MPG", K::Video),
        plain("mxf", &[], "MXF", K::Video),
        checked("wav", "WAV", K::Audio, &[Content::Wav]),
        plain("mp3", &[], "MP3", K::Audio),
        plain("flac", &[], "FLAC", K::Audio),
        plain("aac", &[], "AAC", K::Audio),
        plain("m4a", &[], "M4A", K::Audio),
        plain("ogg", &[], "OGG", K::Audio),
        plain("opus", &[], "OPUS", K::Audio),
        plain("aiff", &["aif"], "AIFF", K::Audio),
        checked("pdf", "PDF", K::Pdf, &[Content::Pdf]),
        checked("docx", "DOCX", K::Document, &[Content::Zip, Content::Ole]),
        checked("pptx", "PPTX", K::Document, &[Content::Zip, Content::Ole]),
        checked("xlsx", "XLSX", K::Sheet, &[Content::Zip, Content::Ole]),
        plain("xls", &[], "XLS", K::Sheet),
        plain("csv", &[], "CSV", K::Sheet),
        plain("ods", &[], "ODS", K::Sheet),
        plain("numbers", &[], "NUMBERS", K::Sheet),
        plain("html", &["htm"], "HTML", K::Document),
        checked("zip", "ZIP", K::Archive, &[Content::Zip]),
        plain("7z", &[], "7Z", K::Archive),
        plain("rar", &[], "RAR", K::Archive),
        plain("tar", &[], "TAR", K::Archive),
        plain("gz", &[], "GZ", K::Archive),
        plain("xz", &[], "XZ", K::Archive),
        plain("ttf", &[], "TTF", K::Font),
        plain("otf", &[], "OTF", K::Font),
        plain("woff", &[], "WOFF", K::Font),
        plain("woff2", &[], "WOFF2", K::Font),
    ]
};

/// The name of a type that neither an extension nor the content tells.
const UNKNOWN: &str = "file";

/// A file type by its short name in lower case, as the API shows and searches it: `jpg`, `tiff`, `pdf`.
///
/// Spellings of one type share a name (`jpeg`, `jpe` and `JPG` are `jpg`). A type that is not in the table is named by
/// its extension; a file with neither an extension nor known content is a `file`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileType(String);

impl FileType {
    /// The type of a file whose name has this extension, or whose row has this short name.
    pub fn of_extension(extension: &str) -> Self {
        let extension = extension.to_lowercase();
        Self(known(&extension).map_or(extension, |known| known.name.to_owned()))
    }

    /// The type that a file's name tells; its content may be another.
    pub fn of_name(name: &str) -> Self {
        extension(name).map_or_else(Self::unknown, |extension| Self::of_extension(&extension))
    }

    /// The type of a file that neither its name nor its content tells.
    pub fn unknown() -> Self {
        Self(UNKNOWN.to_owned())
    }

    /// Whether nothing tells the type yet.
    pub fn is_unknown(&self) -> bool {
        self.0 == UNKNOWN
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The type as people write it: `JPEG`, `WebP`, `PDF`; `File` for an empty name.
    pub fn label(&self) -> String {
        match known(&self.0) {
            Some(known) => known.label.to_owned(),
            None if self.0.is_empty() => "File".to_owned(),
            None => self.0.to_uppercase(),
        }
    }

    /// What its files are for people.
    pub fn kind(&self) -> MediaKind {
        known(&self.0).map_or(MediaKind::Document, |known| known.kind)
    }

    /// What a file of this type may hold; empty where Vitrine does not look.
    pub fn contents(&self) -> &'static [Content] {
        known(&self.0).map_or(&[], |known| known.contents)
    }

    /// Whether Vitrine renders a thumbnail and a preview of it.
    pub fn is_rendered(&self) -> bool {
        known(&self.0).is_some_and(|known| known.is_rendered)
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn known(extension: &str) -> Option<&'static Known> {
    TABLE.iter().find(|known| known.name == extension || known.spellings.contains(&extension))
}

/// A name's extension in lower case: one to ten ASCII letters and digits after the last dot. `None` for a name
/// without one, or that only begins with a dot.
pub fn extension(name: &str) -> Option<String> {
    let extension = std::path::Path::new(name).extension()?.to_str()?;
    let plausible =
        (1..=10).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    plausible.then(|| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_type_share_a_name() {
        for name in ["a.jpg", "a.JPG", "ü.jpeg", "a.b.Jpe", "日本.jfif"] {
            assert_eq!(FileType::of_name(name).as_str(), "jpg", "{name}");
        }
        assert_eq!(FileType::of_name("scan.TIF").as_str(), "tiff");
        assert_eq!(FileType::of_name("photo.NEF").as_str(), "nef");
        assert_eq!(FileType::of_name("notes.xyz").as_str(), "xyz");
        for name in ["README", ".hidden", "odd.a b/c", "v1. a long sentence as a name"] {
            assert!(FileType::of_name(name).is_unknown(), "{name}");
        }
    }

    #[test]
    fn no_two_types_share_a_spelling() {
        let mut spellings: Vec<&str> =
            TABLE.iter().flat_map(|known| known.spellings.iter().copied().chain([known.name])).collect();
        let all = spellings.len();
        spellings.sort_unstable();
        spellings.dedup();
        assert_eq!(spellings.len(), all);
    }

    #[test]
    fn what_is_rendered_is_known_by_its_content() {
        for known in TABLE.iter().filter(|known| known.is_rendered) {
            let [content] = known.contents else { panic!("{} may hold several things", known.name) };
            assert_eq!(content.file_type().as_str(), known.name);
        }
    }

    #[test]
    fn types_are_written_as_people_do() {
        for (name, label) in [("jpg", "JPEG"), ("PNG", "PNG"), ("webp", "WebP"), ("xyz", "XYZ"), ("", "File")]
        {
            assert_eq!(FileType::of_extension(name).label(), label);
        }
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for known in TABLE {
            assert_eq!(MediaKind::named(known.kind.as_str()), Some(known.kind));
        }
        assert_eq!(MediaKind::named("picture"), None);
    }

    #[test]
    fn an_unknown_type_is_a_document() {
        assert_eq!(FileType::of_extension("xyz").kind(), MediaKind::Document);
        assert_eq!(FileType::of_extension("cr3").kind().as_str(), "image");
        assert_eq!(FileType::of_extension("svg").kind().as_str(), "vector");
    }
}
