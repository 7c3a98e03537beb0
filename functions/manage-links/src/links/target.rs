//! The target of a link: parsed from a body, and found in the library.

use aws::Cloud;
use domain::asset::Asset;
use domain::field_error::{Faults, FieldError};
use domain::id::{AssetId, FolderId};
use domain::library::counts::Counts;
use domain::library::folder::{folder_name, has_tree};
use domain::link::Target;
use domain::link::body::{MAX_SELECTION, TargetBody};
use web::format;

/// The target of a request, parsed but not found yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetRequest {
    /// One asset.
    Asset(AssetId),
    /// A folder.
    Folder {
        /// Its id.
        id: FolderId,
        /// Whether the assets of its subfolders are shared too.
        include_subfolders: bool,
    },
    /// Assets in order, each once.
    Selection(Vec<AssetId>),
}

/// A target that exists.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The target in the link's row.
    pub target: Target,
    /// Its name.
    pub name: String,
    /// Its figures, which decide what a link on it can offer.
    pub counts: Counts,
    /// The asset, or the assets of the selection; empty for a folder.
    pub assets: Vec<Asset>,
}

impl TargetRequest {
    /// Parses a target. An asset that is named twice counts once, at its first place.
    ///
    /// # Errors
    /// All faults of its fields, named without the prefix `target.`.
    pub fn parse(body: TargetBody) -> Result<Self, Faults> {
        let TargetBody { kind, id, assets, include_subfolders } = body;
        let mut faults = Faults::default();
        let request = match kind.as_str() {
            "asset" => faults.take(parse_id(id, "asset")).map(Self::Asset),
            "folder" => {
                let include_subfolders = include_subfolders.unwrap_or_default();
                faults.take(parse_id(id, "folder")).map(|id| Self::Folder { id, include_subfolders })
            }
            "selection" => {
                if id.is_some() {
                    faults.add("id", "A selection has no id; list its assets.");
                }
                faults.take(parse_assets(assets.as_deref())).map(Self::Selection)
            }
            "search" | "collection" => {
                let what = if kind == "search" { "saved searches" } else { "collections" };
                faults.add("kind", format!("This site has no {what}."));
                return Err(faults);
            }
            _ => {
                faults.add("kind", "Choose asset, folder or selection.");
                return Err(faults);
            }
        };
        if kind != "selection" && assets.is_some() {
            faults.add("assets", "Only a selection lists assets; leave them out.");
        }
        if kind != "folder" && include_subfolders == Some(true) {
            faults.add("include_subfolders", "Only a folder has subfolders; leave this out.");
        }
        match request {
            Some(request) if faults.is_empty() => Ok(request),
            _ => Err(faults),
        }
    }
}

fn parse_id<T: std::str::FromStr>(id: Option<String>, what: &str) -> Result<T, FieldError> {
    let message = match id.as_deref() {
        None | Some("") => format!("Give the {what}'s id."),
        Some(id) => match id.parse() {
            Ok(id) => return Ok(id),
            Err(_) => format!("No {what} has this id."),
        },
    };
    Err(FieldError::new("id", message))
}

fn parse_assets(assets: Option<&[String]>) -> Result<Vec<AssetId>, FieldError> {
    let mut seen = std::collections::HashSet::new();
    let (mut ids, mut missing) = (Vec::new(), Vec::new());
    for (at, text) in assets.unwrap_or_default().iter().enumerate() {
        match text.parse::<AssetId>() {
            Ok(id) if seen.insert(id.clone()) => ids.push(id),
            Ok(_) => {}
            Err(_) => missing.push(at),
        }
    }
    let message = if !missing.is_empty() {
        not_there(&missing)
    } else if ids.is_empty() {
        "Select at least one asset.".to_owned()
    } else if ids.len() > MAX_SELECTION {
        format!("Select at most {} assets, or share a folder.", format::number(MAX_SELECTION as u64))
    } else {
        return Ok(ids);
    };
    Err(FieldError::new("assets", message))
}

/// The message for assets of a list that don't exist, with their places in the list.
fn not_there(places: &[usize]) -> String {
    let first = places.first().map_or(0, |at| at + 1);
    match places.len() {
        1 => format!("One of these assets does not exist: number {first} of the list."),
        n => format!("{n} of these assets do not exist; the first is number {first} of the list."),
    }
}

/// Finds a target: reads the asset or the assets of a selection, or a folder's figures.
///
/// # Errors
/// When the store fails. The inner error is the fault of a missing or empty target.
pub(crate) async fn find(
    cloud: &Cloud,
    request: TargetRequest,
) -> Result<Result<Found, FieldError>, aws::Error> {
    match request {
        TargetRequest::Asset(id) => Ok(match cloud.assets().find(&id).await? {
            Some(asset) => Ok(Found {
                target: Target::Asset { id },
                name: asset.name.clone(),
                counts: Counts::of(&asset),
                assets: vec![asset],
            }),
            None => Err(FieldError::new("id", "No asset has this id. It may have been deleted.")),
        }),
        TargetRequest::Folder { id, include_subfolders } => {
            let fault = |message: &str| Ok(Err(FieldError::new("id", message)));
            let Some(folder) = cloud.folders().find(&id).await? else {
                return fault("No folder has this id. It may have been emptied or moved.");
            };
            if include_subfolders && !has_tree(&folder.path) {
                return fault("This folder is too deep in the library to be shared with its subfolders.");
            }
            let name = folder_name(&folder.path).to_owned();
            let counts = if include_subfolders { folder.tree } else { folder.own };
            if counts.asset_count == 0 {
                return fault(if include_subfolders {
                    "This folder is empty."
                } else {
                    "This folder has no assets of its own. Include its subfolders, or share one of them."
                });
            }
            let target = Target::Folder { path: folder.path, include_subfolders };
            Ok(Ok(Found { target, name, counts, assets: Vec::new() }))
        }
        TargetRequest::Selection(ids) => {
            let read = cloud.assets().find_many(&ids).await?;
            let missing: Vec<usize> =
                read.iter().enumerate().filter(|(_, asset)| asset.is_none()).map(|(at, _)| at).collect();
            if !missing.is_empty() {
                return Ok(Err(FieldError::new("assets", not_there(&missing))));
            }
            let assets: Vec<Asset> = read.into_iter().flatten().collect();
            Ok(Ok(Found {
                target: Target::Selection,
                name: format::count(assets.len() as u64, "asset", "assets"),
                counts: assets.iter().map(Counts::of).sum(),
                assets,
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> Result<TargetRequest, Vec<String>> {
        TargetRequest::parse(serde_json::from_value(json).unwrap())
            .map_err(|faults| faults.into_iter().map(|fault| fault.field).collect())
    }

    #[test]
    fn each_kind_has_its_own_fields() {
        let (asset, folder) = (AssetId::of("a"), FolderId::of("f"));
        assert_eq!(
            read(serde_json::json!({"kind": "asset", "id": asset, "include_subfolders": false})),
            Ok(TargetRequest::Asset(asset.clone()))
        );
        assert_eq!(
            read(serde_json::json!({"kind": "folder", "id": folder, "include_subfolders": true})),
            Ok(TargetRequest::Folder { id: folder.clone(), include_subfolders: true })
        );
        let other = AssetId::of("b");
        assert_eq!(
            read(serde_json::json!({"kind": "selection", "assets": [other, asset, other]})),
            Ok(TargetRequest::Selection(vec![other.clone(), asset.clone()])),
            "an asset named twice counts once"
        );
    }

    #[test]
    fn a_wrong_shape_names_its_fields() {
        let id = AssetId::of("a");
        let too_many: Vec<AssetId> = (0..=MAX_SELECTION).map(|n| AssetId::of(&n.to_string())).collect();
        for (body, fields) in [
            (serde_json::json!({"kind": "asset"}), vec!["id"]),
            (serde_json::json!({"kind": "asset", "id": "../../etc"}), vec!["id"]),
            (serde_json::json!({"kind": "folder", "id": "", "assets": []}), vec!["id", "assets"]),
            (
                serde_json::json!({"kind": "asset", "id": id, "include_subfolders": true}),
                vec!["include_subfolders"],
            ),
            (serde_json::json!({"kind": "selection", "id": id}), vec!["id", "assets"]),
            (serde_json::json!({"kind": "selection", "assets": []}), vec!["assets"]),
            (serde_json::json!({"kind": "selection", "assets": [id, "x"]}), vec!["assets"]),
            (serde_json::json!({"kind": "selection", "assets": too_many}), vec!["assets"]),
            (serde_json::json!({"kind": "search", "id": "x"}), vec!["kind"]),
            (serde_json::json!({"kind": "collection", "id": "x"}), vec!["kind"]),
            (serde_json::json!({"kind": "Asset", "id": id}), vec!["kind"]),
        ] {
            assert_eq!(read(body.clone()).unwrap_err(), fields, "{body:.80}");
        }
    }

    #[test]
    fn missing_assets_are_named_by_their_places() {
        assert_eq!(not_there(&[3]), "One of these assets does not exist: number 4 of the list.");
        assert_eq!(not_there(&[0, 7]), "2 of these assets do not exist; the first is number 1 of the list.");
    }
}
