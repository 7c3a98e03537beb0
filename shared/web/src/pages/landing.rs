//! The landing page: what a link shares.

use askama::Template;
use domain::file_type::FileType;
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
    /// The size of all originals, in bytes.
    pub total_bytes: u64,
    /// When the link ends.
    pub ends: Ends,
    /// Whether assets may be downloaded.
    pub access: Access,
    /// The renditions that each asset can be downloaded as; empty for view only.
    pub options: Vec<DownloadOption>,
    /// The names of the attributes that the list shows as columns, in this order.
    pub attributes: Vec<String>,
    /// The assets of this page.
    pub assets: Vec<AssetCard>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// From the address (`?view=list`), else cards.
    pub view: View,
}

/// When a link ends: by date, by uses, both or neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// The instant of its end.
    pub expires_at: Option<Timestamp>,
    /// The time zone that the end was chosen in, such as `Europe/Paris`.
    pub time_zone: String,
    /// Uses that are left after this one.
    pub uses_left: Option<u64>,
}

/// What a recipient may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// See previews and download.
    Download,
    /// See previews.
    ViewOnly,
}

/// A rendition that the link offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadOption {
    /// As in URLs: `original`, `thumbnail`, `preview`, `view:NAME`, `preset:ID`.
    pub rendition: String,
    /// For people: "Original".
    pub label: String,
}

/// Cards or a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// A grid of cells of one size.
    #[default]
    Cards,
    /// A table with a column for each attribute.
    List,
}

/// One asset of the page: its file information, with size in bytes, width and height in pixels.
#[expect(missing_docs, reason = "file information under its own names")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetCard {
    pub id: String,
    pub name: String,
    /// The extension, as stored: "jpg".
    pub file_type: String,
    pub size: u64,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub duration_ms: Option<u64>,
    pub pages: Option<u32>,
    /// The values of [`LandingPage::attributes`], in that order; empty for an attribute that the asset lacks.
    pub attributes: Vec<String>,
    pub state: AssetState,
    pub thumbnail: Option<Picture>,
    /// A click on the thumbnail opens this.
    pub preview: Option<Preview>,
    /// One for each rendition that can be downloaded; empty for view only.
    pub downloads: Vec<Download>,
}

/// The state of an asset's renditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetState {
    /// They are being made.
    Processing,
    /// All that can be made are there.
    Ready,
    /// They can't be made. The original can still be downloaded.
    Failed {
        /// Why, in words for a recipient.
        reason: String,
    },
}

/// An image with its size in pixels, so that the page does not move when the image arrives.
#[expect(missing_docs, reason = "described above")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub url: String,
    pub width: u32,
    pub height: u32,
}

/// An asset enlarged or played; width and height are in pixels, 0 for audio.
#[expect(missing_docs, reason = "described above")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub kind: PreviewKind,
    pub url: String,
    pub width: u32,
    pub height: u32,
}

/// How a preview is shown: as an image, or by the browser's own player.
#[expect(missing_docs, reason = "described above")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewKind {
    Image,
    Video,
    Audio,
}

/// A rendition of one asset that can be downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// As in [`DownloadOption::rendition`].
    pub rendition: String,
    /// For people: "Original".
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

    /// The asset of a link that shares only one.
    fn only_asset(&self) -> Option<&AssetCard> {
        self.assets.first().filter(|_| self.asset_count == 1 && self.assets.len() == 1)
    }

    /// Names and values of the attributes that the asset has.
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

    /// Whether the table scrolls by itself; with fewer columns its header can stick to the window instead.
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
        FileType::of_extension(&self.file_type).label()
    }

    fn size_words(&self) -> String {
        format::bytes(self.size)
    }

    /// File information: dimensions, duration, pages.
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

    /// The name without its extension; this part is shortened if the name is long.
    fn stem(&self) -> &str {
        format::split_name(&self.name).0
    }

    /// The extension with its dot; it stays visible if the name is shortened.
    fn extension(&self) -> &str {
        format::split_name(&self.name).1
    }

    /// Why renditions are missing.
    fn state_words(&self) -> Option<&str> {
        match &self.state {
            AssetState::Processing => Some("The preview is being made"),
            AssetState::Failed { reason } if reason.is_empty() => Some("No preview"),
            AssetState::Failed { reason } => Some(reason),
            AssetState::Ready => None,
        }
    }

    /// The id in icons.svg of the icon for its file type.
    fn icon(&self) -> &'static str {
        FileType::of_extension(&self.file_type).kind().as_str()
    }

    fn kind(&self) -> &'static str {
        match self.preview.as_ref().map(|preview| preview.kind) {
            Some(PreviewKind::Image) => "image",
            Some(PreviewKind::Video) => "video",
            Some(PreviewKind::Audio) => "audio",
            None => "none",
        }
    }

    /// The large image, for cells in which the thumbnail would look blurred.
    fn large_image(&self) -> Option<&Preview> {
        self.preview.as_ref().filter(|preview| preview.kind == PreviewKind::Image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset_named(name: &str) -> AssetCard {
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
        assert_eq!(asset_named("a.jpg").facts(), "JPEG · 6000 × 4000 · 5.9 MB");
        let pdf = AssetCard {
            file_type: "pdf".to_owned(),
            width: None,
            height: None,
            pages: Some(1),
            ..asset_named("a.pdf")
        };
        assert_eq!(pdf.facts(), "PDF · 1 page · 5.9 MB");
        let sound = AssetCard {
            file_type: "wav".to_owned(),
            width: None,
            height: None,
            duration_ms: Some(245_000),
            ..asset_named("a.wav")
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
