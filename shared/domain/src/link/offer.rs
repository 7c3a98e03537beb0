//! What recipients may download of a link: renditions of its assets, and extras made of all of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};

use crate::asset::Rendition;
use crate::field_error::Faults;
use crate::library::counts::Counts;

/// The download options of a link. As JSON and in rows it has the shape of `options` in the body of a link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OfferDocument", into = "OfferDocument")]
pub struct Offer {
    /// Renditions of each asset, in the order in which pages offer them.
    pub renditions: BTreeSet<Rendition>,
    /// Files made of all assets together.
    pub extras: BTreeSet<Extra>,
}

/// A file made of all assets of a link together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extra {
    /// A PDF of the assets.
    Pdf(PdfLayout),
    /// Their attributes as a table.
    Attributes(Sheet),
    /// How their attributes changed, as CSV.
    AttributeHistory,
}

/// How a PDF shows the assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PdfLayout {
    /// Many small images on a page.
    ContactSheet,
    /// One asset on each page.
    OnePerPage,
}

/// The format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Sheet {
    /// Text, fields separated by commas.
    Csv,
    /// Excel's format.
    Xlsx,
}

impl Extra {
    /// The names that extras have in URLs.
    pub const NAMES: [&str; 4] = ["pdf", "attributes.csv", "attributes.xlsx", "attribute_history.csv"];

    /// Its name in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf(_) => "pdf",
            Self::Attributes(Sheet::Csv) => "attributes.csv",
            Self::Attributes(Sheet::Xlsx) => "attributes.xlsx",
            Self::AttributeHistory => "attribute_history.csv",
        }
    }
}

impl Offer {
    /// Renditions without extras.
    pub fn of<const N: usize>(renditions: [Rendition; N]) -> Self {
        Self { renditions: renditions.into(), extras: BTreeSet::new() }
    }

    /// The original files, which a link offers if its creator chooses nothing else.
    pub fn originals() -> Self {
        Self::of([Rendition::Original])
    }

    /// What a link on a target with these figures may offer: the originals, and each rendition that every asset has.
    /// Extras are not implemented yet.
    pub fn eligible(counts: &Counts) -> Self {
        let mut offer = Self::originals();
        let common = counts.renditions.iter().filter(|(_, having)| **having == counts.asset_count);
        offer.renditions.extend(common.map(|(rendition, _)| rendition.clone()));
        offer
    }

    /// Whether it includes everything that another one offers.
    pub fn includes(&self, other: &Self) -> bool {
        other.renditions.is_subset(&self.renditions) && other.extras.is_subset(&self.extras)
    }

    /// Whether nothing can be downloaded.
    pub fn is_empty(&self) -> bool {
        self.renditions.is_empty() && self.extras.is_empty()
    }

    /// Checks that a target which can offer `eligible` can offer all of this.
    ///
    /// # Errors
    /// One fault for each option that the target can't offer, and one if nothing is chosen.
    pub fn check(self, eligible: &Self) -> Result<Self, Faults> {
        let (mut faults, mut refused) = (Faults::default(), BTreeSet::new());
        let mut refuse = |field: &'static str, message: &str| {
            if refused.insert(field) {
                faults.add(format!("options.{field}"), message);
            }
        };
        for rendition in self.renditions.difference(&eligible.renditions) {
            match rendition {
                Rendition::Original => refuse("original", "The files themselves can't be offered here."),
                Rendition::Preview => refuse("preview", "Not every shared asset has a preview."),
                Rendition::Thumbnail => refuse("thumbnail", "Not every shared asset has a thumbnail."),
                Rendition::View(_) => refuse("views", "The shared assets have no view in common."),
                Rendition::Preset(_) => refuse("presets", "The site has no preset for these assets."),
            }
        }
        for extra in self.extras.difference(&eligible.extras) {
            match extra {
                Extra::Pdf(_) => refuse("pdf", "This site does not make PDFs."),
                Extra::Attributes(_) => {
                    refuse("attributes", "This site does not make spreadsheets of attributes.");
                }
                Extra::AttributeHistory => {
                    refuse("attribute_history", "This site keeps no attribute history.")
                }
            }
        }
        if self.is_empty() {
            faults.add("options", "Choose at least one download option, or view-only access.");
        }
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }
}

/// The shape of `options` in the body of a link. A field that is left out is not chosen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named as in the body of a link")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Offer))]
pub struct OfferDocument {
    pub original: bool,
    pub thumbnail: bool,
    pub preview: bool,
    pub views: BTreeSet<String>,
    pub presets: BTreeSet<String>,
    #[serde(deserialize_with = "pdf_or_none")]
    pub pdf: Option<PdfDocument>,
    pub attributes: BTreeSet<Sheet>,
    pub attribute_history: bool,
}

/// How a PDF is made, as in the body of a link.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as in the body of a link")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Pdf))]
pub struct PdfDocument {
    pub layout: PdfLayout,
}

/// Reads `false` as none, because share options contain `"pdf": false` and clients send them back.
fn pdf_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PdfDocument>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "null or {\"layout\": \"contact_sheet\" or \"one_per_page\"}")]
    enum Given {
        // serde would read a list as the fields of the document, in their order.
        List(#[expect(dead_code, reason = "its elements do not matter")] Vec<serde::de::IgnoredAny>),
        Document(PdfDocument),
        Chosen(bool),
    }
    match Option::<Given>::deserialize(from)? {
        Some(Given::Document(pdf)) => Ok(Some(pdf)),
        None | Some(Given::Chosen(false)) => Ok(None),
        Some(Given::List(_) | Given::Chosen(true)) => {
            Err(serde::de::Error::custom("give a layout, such as {\"layout\": \"contact_sheet\"}"))
        }
    }
}

impl From<OfferDocument> for Offer {
    fn from(document: OfferDocument) -> Self {
        let OfferDocument {
            original,
            thumbnail,
            preview,
            views,
            presets,
            pdf,
            attributes,
            attribute_history,
        } = document;
        let fixed = [
            (original, Rendition::Original),
            (preview, Rendition::Preview),
            (thumbnail, Rendition::Thumbnail),
        ];
        let mut offer = Self::default();
        offer
            .renditions
            .extend(fixed.into_iter().filter_map(|(chosen, rendition)| chosen.then_some(rendition)));
        offer.renditions.extend(views.into_iter().map(Rendition::View));
        offer.renditions.extend(presets.into_iter().map(Rendition::Preset));
        offer.extras.extend(pdf.map(|pdf| Extra::Pdf(pdf.layout)));
        offer.extras.extend(attributes.into_iter().map(Extra::Attributes));
        offer.extras.extend(attribute_history.then_some(Extra::AttributeHistory));
        offer
    }
}

impl From<Offer> for OfferDocument {
    fn from(offer: Offer) -> Self {
        let mut document = Self::default();
        for rendition in offer.renditions {
            match rendition {
                Rendition::Original => document.original = true,
                Rendition::Preview => document.preview = true,
                Rendition::Thumbnail => document.thumbnail = true,
                Rendition::View(name) => drop(document.views.insert(name)),
                Rendition::Preset(id) => drop(document.presets.insert(id)),
            }
        }
        for extra in offer.extras {
            match extra {
                Extra::Pdf(layout) => document.pdf = Some(PdfDocument { layout }),
                Extra::Attributes(sheet) => drop(document.attributes.insert(sheet)),
                Extra::AttributeHistory => document.attribute_history = true,
            }
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Offer {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_offer_has_the_shape_of_options_in_the_body_of_a_link() {
        let all = r#"{"original":true,"thumbnail":true,"preview":true,"views":["Back"],"presets":["web"],
            "pdf":{"layout":"contact_sheet"},"attributes":["csv","xlsx"],"attribute_history":true}"#;
        let offer = read(all);
        assert_eq!((offer.renditions.len(), offer.extras.len()), (5, 4));
        let written = serde_json::to_value(&offer).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(all).unwrap());
        assert_eq!(read("{}"), Offer::default());
        assert_eq!(read(r#"{"pdf": false}"#), Offer::default());
        for bad in [
            r#"{"pdf": true}"#,
            r#"{"pdf": ["contact_sheet"]}"#,
            r#"{"attributes": ["doc"]}"#,
            r#"{"screen": true}"#,
        ] {
            assert!(serde_json::from_str::<Offer>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_extra_has_a_name_in_urls() {
        let all =
            read(r#"{"pdf":{"layout":"one_per_page"},"attributes":["csv","xlsx"],"attribute_history":true}"#);
        let names: Vec<_> = all.extras.into_iter().map(Extra::name).collect();
        assert_eq!(names, Extra::NAMES);
    }

    #[test]
    fn a_rendition_is_eligible_when_every_asset_has_it() {
        let counts = |asset_count, with_preview| Counts {
            asset_count,
            renditions: [(Rendition::Preview, with_preview)].into(),
            ..Counts::default()
        };
        assert_eq!(Offer::eligible(&counts(2, 2)), Offer::of([Rendition::Original, Rendition::Preview]));
        assert_eq!(Offer::eligible(&counts(2, 1)), Offer::originals());
        assert_eq!(Offer::eligible(&Counts::default()), Offer::originals());
    }

    #[test]
    fn what_a_target_cannot_offer_is_refused_by_its_field() {
        let fields = |options: &str, eligible: &Offer| -> Vec<String> {
            let faults = read(options).check(eligible).unwrap_err();
            faults.into_iter().map(|fault| fault.field).collect()
        };
        let options = r#"{"original": true, "preview": true, "pdf": {"layout": "contact_sheet"},
            "presets": ["x", "y"], "attributes": ["csv", "xlsx"]}"#;
        assert_eq!(
            fields(options, &Offer::originals()),
            ["options.preview", "options.presets", "options.pdf", "options.attributes"]
        );
        assert_eq!(fields("{}", &Offer::originals()), ["options"], "at least one");
        let both = Offer::of([Rendition::Original, Rendition::Preview]);
        assert_eq!(read(r#"{"preview": true}"#).check(&both), Ok(Offer::of([Rendition::Preview])));
    }
}
