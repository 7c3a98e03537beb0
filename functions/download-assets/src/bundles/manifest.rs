//! The content of a bundle: its files, and their names in the zip.

use std::collections::HashSet;

use domain::asset::{Asset, AssetState, Rendition};
use domain::bundle::zip::entry_names;
use domain::bundle::{Manifest, ManifestEntry};
use domain::gate::{Denied, OpenVisit};
use domain::link::{Offer, Target};

/// Why there is no manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The link does not offer one of the renditions.
    NotOffered,
    /// This many files are still being processed.
    Preparing(usize),
    /// The name of a file that ingest could not read to its end, so that it will never have a checksum.
    Unread(String),
    /// None of the assets has any of the renditions.
    Nothing,
}

/// The manifest of a zip that `holds` these files of `members`; it does not depend on their order. An asset without one of
/// the renditions (a sound has no preview) is left out.
pub(crate) fn manifest(visit: &OpenVisit, mut members: Vec<Asset>, holds: &Offer) -> Result<Manifest, Unfit> {
    members.sort_by_cached_key(|asset| (asset.folder_path.clone(), asset.name_key()));
    members.dedup_by(|a, b| a.id == b.id);
    let (mut paths, mut entries) = (Vec::new(), Vec::new());
    let mut preparing = HashSet::new();
    for asset in &members {
        let folder = folder_in_zip(&visit.link().target, &asset.folder_path);
        for rendition in &holds.renditions {
            let file = match visit.file(asset, rendition) {
                Ok(file) => file,
                Err(Denied::NotOffered) => return Err(Unfit::NotOffered),
                Err(Denied::NoSuchFile) if asset.state == AssetState::Processing => {
                    preparing.insert(&asset.id);
                    continue;
                }
                Err(Denied::NoSuchFile) => continue,
            };
            let Some(crc32) = file.crc32 else {
                if asset.state == AssetState::Failed && *rendition == Rendition::Original {
                    return Err(Unfit::Unread(asset.name.clone()));
                }
                preparing.insert(&asset.id);
                continue;
            };
            paths.push(format!("{folder}/{}", file.file_name));
            entries.push(ManifestEntry {
                name: String::new(),
                key: file.key,
                etag: file.etag,
                size: file.size,
                crc32,
                modified: asset.modified,
            });
        }
    }
    if !preparing.is_empty() {
        return Err(Unfit::Preparing(preparing.len()));
    }
    if entries.is_empty() {
        return Err(Unfit::Nothing);
    }
    for (entry, name) in entries.iter_mut().zip(entry_names(&paths)) {
        entry.name = name;
    }
    Ok(Manifest { entries })
}

/// The folder of an asset in the zip: its path below the shared folder if subfolders are included, otherwise the top.
fn folder_in_zip<'a>(target: &Target, folder_path: &'a str) -> &'a str {
    let Target::Folder { path, include_subfolders: true } = target else { return "" };
    folder_path.strip_prefix(path.as_str()).unwrap_or(folder_path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::samples::{folder, tree};

    #[test]
    fn a_shared_tree_keeps_its_folders_below_the_shared_one() {
        assert_eq!(folder_in_zip(&tree("Press"), "Press"), "");
        assert_eq!(folder_in_zip(&tree("Press"), "Press/Autumn/Walk"), "/Autumn/Walk");
        assert_eq!(folder_in_zip(&tree(""), "Press/Autumn"), "Press/Autumn");
        assert_eq!(folder_in_zip(&folder("Press"), "Press"), "");
        assert_eq!(folder_in_zip(&Target::Selection, "Press/Autumn"), "");
    }
}
