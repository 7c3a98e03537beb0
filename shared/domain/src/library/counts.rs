//! Figures: how many assets there are, of which kinds, and with which renditions.

use std::collections::BTreeMap;

use crate::asset::{Asset, AssetState, Rendition};
use crate::file_type::{FileType, MediaKind};

/// The figures of a set: how many assets it has, and how many of them have each rendition. The transactions that
/// change assets also change the figures of their folders, so that no page has to count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Assets.
    pub asset_count: i64,
    /// Bytes of their originals.
    pub total_bytes: i64,
    /// Assets still processing.
    pub processing: i64,
    /// Assets that failed.
    pub failed: i64,
    /// Assets that have each rendition. Renditions without assets are absent.
    pub renditions: BTreeMap<Rendition, i64>,
    /// Assets of each kind. Kinds without assets are absent.
    pub kinds: BTreeMap<MediaKind, i64>,
}

const ASSET_COUNT: &str = "asset_count";
const TOTAL_BYTES: &str = "total_bytes";
const PROCESSING: &str = "processing";
const FAILED: &str = "failed";
/// How the attribute names of figures by rendition and by kind begin.
const WITH: &str = "with#";
const KIND: &str = "kind#";

impl Counts {
    /// The figures that one asset adds to those of its folders.
    pub fn of(asset: &Asset) -> Self {
        Self {
            asset_count: 1,
            total_bytes: i64::try_from(asset.size).unwrap_or(i64::MAX),
            processing: i64::from(asset.state == AssetState::Processing),
            failed: i64::from(asset.state == AssetState::Failed),
            renditions: asset.rendered().map(|(rendition, _)| (rendition, 1)).collect(),
            kinds: [(FileType::of_extension(&asset.file_type).kind(), 1)].into(),
        }
    }

    /// Each figure with the name of its attribute in a row. They are top-level attributes, since DynamoDB's `ADD` takes
    /// no nested ones.
    pub fn figures(&self) -> impl Iterator<Item = (String, i64)> {
        let fixed = [
            (ASSET_COUNT, self.asset_count),
            (TOTAL_BYTES, self.total_bytes),
            (PROCESSING, self.processing),
            (FAILED, self.failed),
        ];
        let fixed = fixed.into_iter().map(|(name, figure)| (name.to_owned(), figure));
        let renditions = self.renditions.iter().map(|(rendition, n)| (format!("{WITH}{rendition}"), *n));
        let kinds = self.kinds.iter().map(|(kind, n)| (format!("{KIND}{}", kind.as_str()), *n));
        fixed.chain(renditions).chain(kinds)
    }

    /// The figures among the attributes of a row. Other attributes are ignored.
    pub fn from_figures<'a>(attributes: impl IntoIterator<Item = (&'a str, i64)>) -> Self {
        let mut counts = Self::default();
        for (name, figure) in attributes {
            match name {
                ASSET_COUNT => counts.asset_count = figure,
                TOTAL_BYTES => counts.total_bytes = figure,
                PROCESSING => counts.processing = figure,
                FAILED => counts.failed = figure,
                _ => {
                    if let Some(Ok(rendition)) = name.strip_prefix(WITH).map(str::parse) {
                        counts.renditions.insert(rendition, figure);
                    } else if let Some(kind) = name.strip_prefix(KIND).and_then(MediaKind::named) {
                        counts.kinds.insert(kind, figure);
                    }
                }
            }
        }
        counts.without_zeros()
    }

    fn without_zeros(mut self) -> Self {
        self.renditions.retain(|_, figure| *figure != 0);
        self.kinds.retain(|_, figure| *figure != 0);
        self
    }

    fn zip(self, other: Self, f: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            asset_count: f(self.asset_count, other.asset_count),
            total_bytes: f(self.total_bytes, other.total_bytes),
            processing: f(self.processing, other.processing),
            failed: f(self.failed, other.failed),
            renditions: zip_maps(self.renditions, other.renditions, &f),
            kinds: zip_maps(self.kinds, other.kinds, &f),
        }
        .without_zeros()
    }
}

fn zip_maps<K: Ord>(
    mut one: BTreeMap<K, i64>,
    other: BTreeMap<K, i64>,
    f: impl Fn(i64, i64) -> i64,
) -> BTreeMap<K, i64> {
    for (key, figure) in other {
        let sum = one.entry(key).or_default();
        *sum = f(*sum, figure);
    }
    one
}

impl std::ops::Add for Counts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.zip(other, i64::saturating_add)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        *self = std::mem::take(self) + other;
    }
}

impl std::ops::Sub for Counts {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.zip(other, i64::saturating_sub)
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), std::ops::Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_and_read_by_rendition_and_kind() {
        let counts = Counts {
            asset_count: 3,
            total_bytes: 900,
            processing: 1,
            renditions: [(Rendition::Thumbnail, 2), (Rendition::Preview, 2)].into(),
            kinds: [(MediaKind::Image, 2), (MediaKind::Pdf, 1)].into(),
            ..Counts::default()
        };
        let figures: BTreeMap<String, i64> = counts.figures().collect();
        assert_eq!((figures["with#thumbnail"], figures["kind#pdf"]), (2, 1));
        let attributes = figures.iter().map(|(name, figure)| (name.as_str(), *figure));
        let others = [("revision", 7), ("with#nothing known", 1), ("kind#unknown", 1), ("with#preview:", 1)];
        assert_eq!(Counts::from_figures(attributes.chain(others)), counts);
        assert_eq!(counts.clone() - counts.clone(), Counts::default(), "figures of zero are removed");
        assert_eq!(Counts::default() - (Counts::default() - counts.clone()), counts);
    }
}
