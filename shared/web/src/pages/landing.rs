//! The landing page: what a link shares.

use askama::Template;
use jiff::Timestamp;

use crate::format;

/// What a recipient sees once the link is open.
///
/// Cards and list are one table that style sheets lay out in two ways, so that the toggle is instant and each
/// asset is sent once.
#[derive(Debug, Clone, Template)]
#[template(path = "landing.html")]
pub struct LandingPage {
    /// The site's name.
    pub brand: String,
    /// The secret of the link's address.
    pub token: String,
    /// The link's title.
    pub title: String,
    /// How many assets the link shares, on all its pages.
    pub asset_count: u64,
    /// The size of all their originals.
    pub total_bytes: u64,
    /// When the link ends.
    pub ends: Ends,
    /// Whether anything may be downloaded.
    pub access: Access,
    /// What each asset may be had as; empty for view only.
    pub options: Vec<DownloadOption>,
    /// The attributes that are shown as columns of the list, in their order.
    pub attributes: Vec<String>,
    /// The assets of this page.
    pub assets: Vec<AssetCard>,
    /// Where the next page starts.
    pub next: Option<String>,
    /// What the address asked for (`?view=list`), else cards.
    pub view: View,
}

/// When a link ends: by date, by uses, both or neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// The instant of its end.
    pub expires_at: Option<Timestamp>,
    /// The time zone that the end was chosen in, such as `Europe/Paris`.
    pub time_zone: String,
    /// Uses left, after this one.
    pub uses_left: Option<u64>,
}

/// What a recipient may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Look and download.
    Download,
    /// Look.
    ViewOnly,
}

/// A rendition that the link offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadOption {
    /// As in addresses: `original`, `thumbnail`, `preview`, `view:NAME`, `preset:ID`.
    pub rendition: String,
    /// As people read it: "Original".
    pub label: String,
}

/// Cards or a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// Uniform cells.
    #[default]
    Cards,
    /// A table with attributes.
    List,
}

/// One asset of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetCard {
    /// The asset's id.
    pub id: String,
    /// Its file name.
    pub name: String,
    /// Its extension, as stored: "jpg".
    pub file_type: String,
    /// Bytes of the original.
    pub size: u64,
    /// Pixels of an image or video.
    pub width: Option<u32>,
    /// Pixels of an image or video.
    pub height: Option<u32>,
    /// Length of a sound or video.
    pub duration_ms: Option<u64>,
    /// Pages of a PDF.
    pub pages: Option<u32>,
    /// The values of [`LandingPage::attributes`], in that order; empty where it has none.
    pub attributes: Vec<String>,
    /// How far its renditions are.
    pub state: AssetState,
    /// The small image.
    pub thumbnail: Option<Picture>,
    /// What a click opens.
    pub preview: Option<Preview>,
    /// What it can be had as, with the address of each; empty for view only.
    pub downloads: Vec<Download>,
}

/// How far the renditions of an asset are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetState {
    /// Being made.
    Processing,
    /// As they will be.
    Ready,
    /// They can't be made. The file itself may well be had.
    Failed {
        /// Why, in words for a recipient.
        reason: String,
    },
}

/// An image at an address, its pixels known so that nothing jumps when it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Where it is.
    pub url: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// What is seen of an asset, enlarged or played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// How it is shown.
    pub kind: PreviewKind,
    /// Where it is.
    pub url: String,
    /// Pixels; 0 for a sound.
    pub width: u32,
    /// Pixels; 0 for a sound.
    pub height: u32,
}

/// How a preview is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewKind {
    /// As an image.
    Image,
    /// By the browser's own player.
    Video,
    /// By the browser's own player.
    Audio,
}

/// One way to have an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// As in addresses.
    pub rendition: String,
    /// As people read it.
    pub label: String,
    /// A path of the site: `/s/{token}/assets/{asset}/{rendition}`.
    pub url: String,
}

impl LandingPage {
    fn count_words(&self) -> String {
        if self.asset_count == 0 {
            "No assets".to_owned()
        } else {
            format::count(self.asset_count, "asset", "assets")
        }
    }

    /// The one asset of a link that shares just one.
    fn only_asset(&self) -> Option<&AssetCard> {
        self.assets.first().filter(|_| self.asset_count == 1 && self.assets.len() == 1)
    }

    /// The attributes that the asset has, by name.
    fn attributes_of<'a>(&'a self, asset: &'a AssetCard) -> impl Iterator<Item = (&'a String, &'a String)> {
        self.attributes.iter().zip(&asset.attributes).filter(|(_, value)| !value.is_empty())
    }

    fn can_download(&self) -> bool {
        self.access == Access::Download && !self.options.is_empty()
    }

    fn is_list(&self) -> bool {
        self.view == View::List
    }

    fn view_name(&self) -> &'static str {
        match self.view {
            View::Cards => "cards",
            View::List => "list",
        }
    }

    /// So many columns scroll inside the table; fewer let its header stick to the window.
    fn has_many_columns(&self) -> bool {
        self.attributes.len() > 2
    }
}

impl Ends {
    fn date(&self) -> Option<String> {
        self.expires_at.map(|at| format::end(at, &self.time_zone))
    }

    fn uses_words(&self) -> Option<String> {
        self.uses_left.map(|left| match left {
            0 => "no uses left after this one".to_owned(),
            left => format!("{} left", format::count(left, "use", "uses")),
        })
    }
}

impl AssetCard {
    fn type_words(&self) -> String {
        format::file_type(&self.file_type)
    }

    fn size_words(&self) -> String {
        format::bytes(self.size)
    }

    /// File information: dimensions, length, pages.
    fn information(&self) -> Option<String> {
        let dimensions = self.width.zip(self.height).map(|(width, height)| format::dimensions(width, height));
        let length = self.duration_ms.map(format::duration);
        let pages = self.pages.map(|pages| format::count(pages.into(), "page", "pages"));
        let parts: Vec<String> = [dimensions, length, pages].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// "JPEG · 6000 × 4000 · 5.9 MB".
    fn facts(&self) -> String {
        [Some(self.type_words()), self.information(), Some(self.size_words())]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ")
    }

    /// The name without its extension, which is kept visible when the name is shortened.
    fn stem(&self) -> &str {
        format::split_name(&self.name).0
    }

    /// The extension with its dot, where the name has one of a usual length.
    fn extension(&self) -> &str {
        format::split_name(&self.name).1
    }

    /// What is said of renditions that are not there.
    fn state_words(&self) -> Option<&str> {
        match &self.state {
            AssetState::Processing => Some("The preview is being made"),
            AssetState::Failed { reason } if reason.is_empty() => Some("No preview"),
            AssetState::Failed { reason } => Some(reason),
            AssetState::Ready => None,
        }
    }

    /// The icon that stands for its file type, by its name in icons.svg.
    fn icon(&self) -> &'static str {
        match self.file_type.to_lowercase().as_str() {
            "jpg" | "jpeg" | "png" | "webp" | "gif" | "tif" | "tiff" | "bmp" | "heic" | "heif" | "avif"
            | "raw" | "cr2" | "cr3" | "nef" | "arw" | "dng" | "psd" => "image",
            "mp4" | "mov" | "m4v" | "mkv" | "avi" | "webm" | "mpg" | "mpeg" | "mxf" => "video",
            "wav" | "mp3" | "flac" | "aac" | "m4a" | "ogg" | "opus" | "aif" | "aiff" => "audio",
            "svg" | "ai" | "eps" => "vector",
            "pdf" => "pdf",
            "zip" | "7z" | "rar" | "tar" | "gz" | "xz" => "archive",
            "csv" | "xls" | "xlsx" | "ods" | "numbers" => "sheet",
            "ttf" | "otf" | "woff" | "woff2" => "font",
            _ => "document",
        }
    }

    fn kind(&self) -> &'static str {
        match self.preview.as_ref().map(|preview| preview.kind) {
            Some(PreviewKind::Image) => "image",
            Some(PreviewKind::Video) => "video",
            Some(PreviewKind::Audio) => "audio",
            None => "none",
        }
    }

    /// The large image, for screens and cells that the thumbnail is too small for.
    fn large_image(&self) -> Option<&Preview> {
        self.preview.as_ref().filter(|preview| preview.kind == PreviewKind::Image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> AssetCard {
        AssetCard {
            id: "0".repeat(32),
            name: name.to_owned(),
            file_type: "jpg".to_owned(),
            size: 5_900_000,
            width: Some(6000),
            height: Some(4000),
            duration_ms: None,
            pages: None,
            attributes: Vec::new(),
            state: AssetState::Ready,
            thumbnail: None,
            preview: None,
            downloads: Vec::new(),
        }
    }

    #[test]
    fn facts_are_in_one_line() {
        assert_eq!(named("a.jpg").facts(), "JPEG · 6000 × 4000 · 5.9 MB");
        let pdf = AssetCard {
            file_type: "pdf".to_owned(),
            width: None,
            height: None,
            pages: Some(1),
            ..named("a.pdf")
        };
        assert_eq!(pdf.facts(), "PDF · 1 page · 5.9 MB");
        let sound = AssetCard {
            file_type: "wav".to_owned(),
            width: None,
            height: None,
            duration_ms: Some(245_000),
            ..named("a.wav")
        };
        assert_eq!(sound.facts(), "WAV · 4:05 · 5.9 MB");
    }

    #[test]
    fn the_end_is_in_words() {
        let uses = |left| Ends { uses_left: Some(left), ..Ends::default() }.uses_words().unwrap();
        assert_eq!(uses(0), "no uses left after this one");
        assert_eq!(uses(1), "1 use left");
        assert_eq!(uses(2), "2 uses left");
    }
}
