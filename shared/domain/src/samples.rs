//! Samples of ordinary values for tests. A test changes only the values that matter to it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::asset::{Asset, AssetState, LIBRARY, RenderedFile, renditions_prefix};
use crate::bundle::{Bundle, BundleStatus, ManifestEntry};
use crate::file_type::FileType;
use crate::id::{AssetId, BundleId, FolderId, LinkId, UserId};
use crate::link::{Link, LinkTerms, Offer, Target};
use crate::password::{Password, PasswordHash};
use crate::token::LinkToken;
use crate::user::User;
use crate::user::level::Level;
use crate::visit::VisitKey;

/// When all samples were made: 24 November 2026, 10:00 UTC.
pub fn moment() -> Timestamp {
    Timestamp::constant(1_795_514_400, 0)
}

/// A user's id.
pub fn user_id(id: &str) -> UserId {
    id.parse().expect("a sample is a user's id")
}

/// A consumer whose name and address are made from the id.
pub fn user(id: &str) -> User {
    User {
        id: user_id(id),
        name: format!("Name of {id}"),
        email: format!("{id}@example.org"),
        level: Level::Consumer,
        enabled: true,
        service_account: false,
    }
}

/// Carl, who owns the sample link.
pub fn owner() -> User {
    user("carl")
}

/// The token of the sample link.
pub fn token() -> LinkToken {
    LinkToken::from_random([1; 16])
}

/// Carl's link on the originals of the folder `Press`: without end, gate or use.
pub fn link() -> Link {
    Link {
        id: token().link_id(),
        owner: owner().id,
        target: folder("Press"),
        target_name: "Press".to_owned(),
        terms: LinkTerms { title: "Autumn".to_owned(), ..LinkTerms::usual() },
        used: 0,
        password: None,
        visit_key: VisitKey::from_random([1; 16]),
        created: moment(),
        updated: moment(),
        revision: 0,
    }
}

/// The sample link on other terms.
pub fn link_with(change: impl FnOnce(&mut LinkTerms)) -> Link {
    let mut link = link();
    change(&mut link.terms);
    link
}

/// The sample link with every term: on a tree, with an end, three uses of which two are spent, a password (`secret`)
/// and an attribute.
pub fn link_with_every_term() -> Link {
    Link {
        target: tree("Press"),
        terms: LinkTerms {
            expires: Some("2099-12-04".to_owned()),
            time_zone: Some("Europe/Paris".to_owned()),
            expires_at: Some(Timestamp::constant(4_100_108_399, 0)),
            max_uses: Some(3),
            attributes: Some(vec!["Credit".to_owned()]),
            ..link().terms
        },
        used: 2,
        password: Some(password("secret")),
        revision: 4,
        ..link()
    }
}

/// A password as a link keeps it.
pub fn password(typed: &str) -> PasswordHash {
    Password::new(typed.to_owned()).expect("a sample is a valid password").hash([1; 16])
}

/// A folder as a target, by its path, without the folders below it.
pub fn folder(path: &str) -> Target {
    Target::Folder { path: path.to_owned(), include_subfolders: false }
}

/// A folder as a target, by its path, with all folders below it.
pub fn tree(path: &str) -> Target {
    Target::Folder { path: path.to_owned(), include_subfolders: true }
}

/// A file of 1,000 bytes in a folder, ingested; with both renditions if its file extension is that of an image.
pub fn asset(folder: &str, name: &str) -> Asset {
    let key = match folder {
        "" => format!("{LIBRARY}{name}"),
        _ => format!("{LIBRARY}{folder}/{name}"),
    };
    let id = AssetId::of(&key);
    let file_type = FileType::of_name(name);
    let is_image = file_type.is_rendered();
    let rendered = |word: &str, width, height| {
        is_image.then(|| RenderedFile {
            key: format!("{}1/{word}.jpg", renditions_prefix(&id)),
            etag: "\"2\"".to_owned(),
            size: 20,
            crc32: 2,
            width,
            height,
        })
    };
    Asset {
        thumbnail: rendered("thumbnail", 150, 100),
        preview: rendered("preview", 500, 333),
        name: name.to_owned(),
        folder: FolderId::of(folder),
        folder_path: folder.to_owned(),
        file_type: file_type.as_str().to_owned(),
        size: 1_000,
        etag: "\"1\"".to_owned(),
        crc32: Some(1),
        width: is_image.then_some(6_000),
        height: is_image.then_some(4_000),
        duration_ms: None,
        pages: None,
        created: moment(),
        modified: moment(),
        attributes: BTreeMap::new(),
        state: AssetState::Ready,
        reason: None,
        gave_up: false,
        revision: 0,
        id,
        key,
    }
}

/// A file of 1 byte that goes into a zip.
pub fn manifest_entry(name: &str) -> ManifestEntry {
    ManifestEntry {
        name: name.to_owned(),
        key: format!("{LIBRARY}{name}"),
        etag: "\"1\"".to_owned(),
        size: 1,
        crc32: 7,
        modified: moment(),
    }
}

/// A zip of two originals, 2,000 bytes, a quarter of them written; its id is made from `name`.
pub fn bundle(link: &LinkId, name: &str) -> Bundle {
    Bundle {
        id: BundleId::of(name.as_bytes()),
        link: link.clone(),
        holds: Offer::originals(),
        status: BundleStatus::Preparing,
        files: 2,
        bytes: 2_000,
        done_bytes: 500,
        reason: None,
        upload_id: None,
        updated: moment(),
        last_used: moment(),
    }
}
