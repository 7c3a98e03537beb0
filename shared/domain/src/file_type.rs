//! The table of file types: for each its extensions, label, icon and contents, and whether it is rendered.

use std::fmt;

/// The kind of a file as people see it. `icons.svg` has an icon with the same name for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MediaKind {
    /// Images of pixels: photographs, scans, camera raw files.
    Image,
    /// Drawings made of shapes.
    Vector,
    /// Videos.
    Video,
    /// Audio recordings.
    Audio,
    /// PDF documents.
    Pdf,
    /// Tables and spreadsheets.
    Sheet,
    /// Files that contain other files.
    Archive,
    /// Fonts.
    Font,
    /// All other files.
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

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in lower case, which is also the icon's name.
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

/// The content of a file, detected by its first bytes. Several file types may have the same content: a DOCX is a zip
/// archive.
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
    /// A TIFF image, or a camera raw file in TIFF's format.
    Tiff,
    /// A Windows or OS/2 bitmap.
    Bmp,
    /// An XML text that may be an SVG drawing.
    Svg,
    /// A PDF document.
    Pdf,
    /// A WAV recording.
    Wav,
    /// A video in the format of MP4 or QuickTime.
    Mp4,
    /// A zip archive.
    Zip,
    /// An OLE container: an old Office document, or a new one with a password.
    Ole,
}

impl Content {
    /// The type of a file with this content whose name has no extension.
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

    /// The content in words with their article: `a PNG image`.
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
struct KnownType {
    name: &'static str,
    /// Other extensions of the same type.
    spellings: &'static [&'static str],
    label: &'static str,
    kind: MediaKind,
    /// The contents that a file may have; empty if they are not checked.
    contents: &'static [Content],
    is_rendered: bool,
}

/// A type that is rendered; its files have only one kind of content.
const fn rendered(
    name: &'static str,
    spellings: &'static [&'static str],
    label: &'static str,
    kind: MediaKind,
    contents: &'static [Content],
) -> KnownType {
    KnownType { name, spellings, label, kind, contents, is_rendered: true }
}

/// A type whose content is checked.
const fn checked(
    name: &'static str,
    label: &'static str,
    kind: MediaKind,
    contents: &'static [Content],
) -> KnownType {
    KnownType { name, spellings: &[], label, kind, contents, is_rendered: false }
}

/// A type whose content is not checked.
const fn plain(
    name: &'static str,
    spellings: &'static [&'static str],
    label: &'static str,
    kind: MediaKind,
) -> KnownType {
    KnownType { name, spellings, label, kind, contents: &[], is_rendered: false }
}

/// A type that is not in the table has the kind `Document`, its extension as its name, and the extension in capitals as
/// its label. It is not rendered.
const TABLE: &[KnownType] = {
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

/// The name of the type of a file without an extension and with unknown content.
const UNKNOWN: &str = "file";

/// A file type, by its short name in lower case: `jpg`, `tiff`, `pdf`. The API shows and searches this name.
///
/// All extensions of one type have the same name (`jpeg`, `jpe` and `JPG` are `jpg`). A type that is not in the table
/// has its extension as its name; a file with neither an extension nor known content has the type `file`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileType(String);

impl FileType {
    /// The type with this extension or short name.
    pub fn of_extension(extension: &str) -> Self {
        let extension = extension.to_lowercase();
        Self(find(&extension).map_or(extension, |known| known.name.to_owned()))
    }

    /// The type according to a file's name; the content may differ.
    pub fn of_name(name: &str) -> Self {
        extension(name).map_or_else(Self::unknown, |extension| Self::of_extension(&extension))
    }

    /// The type of a file without an extension and with unknown content.
    pub fn unknown() -> Self {
        Self(UNKNOWN.to_owned())
    }

    /// Whether this is the unknown type.
    pub fn is_unknown(&self) -> bool {
        self.0 == UNKNOWN
    }

    /// The short name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The label for people: `JPEG`, `WebP`, `PDF`; `File` for an empty name.
    pub fn label(&self) -> String {
        match find(&self.0) {
            Some(known) => known.label.to_owned(),
            None if self.0.is_empty() => "File".to_owned(),
            None => self.0.to_uppercase(),
        }
    }

    /// The kind of its files.
    pub fn kind(&self) -> MediaKind {
        find(&self.0).map_or(MediaKind::Document, |known| known.kind)
    }

    /// The contents that a file of this type may have; empty if they are not checked.
    pub fn contents(&self) -> &'static [Content] {
        find(&self.0).map_or(&[], |known| known.contents)
    }

    /// Whether Vitrine renders thumbnails and previews of its files.
    pub fn is_rendered(&self) -> bool {
        find(&self.0).is_some_and(|known| known.is_rendered)
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn find(extension: &str) -> Option<&'static KnownType> {
    TABLE.iter().find(|known| known.name == extension || known.spellings.contains(&extension))
}

/// The extension of a name in lower case: one to ten ASCII letters and digits after the last dot. `None` for a name
/// without an extension, and for a name whose only dot is its first character.
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
    fn each_rendered_type_has_one_content() {
        for known in TABLE.iter().filter(|known| known.is_rendered) {
            let [content] = known.contents else { panic!("{} may hold several things", known.name) };
            assert_eq!(content.file_type().as_str(), known.name);
        }
    }

    #[test]
    fn labels_are_spelled_as_people_spell_them() {
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
