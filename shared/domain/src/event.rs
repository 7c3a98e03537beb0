//! What one function tells another: the bodies of queue messages, and the only contract between functions.

use serde::{Deserialize, Serialize};

use crate::id::{AssetId, BundleId, LinkId};
use crate::mail::MailId;

/// To `ingest-asset`: read this asset's file and render it. Sent once its row stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderAsset {
    /// The asset.
    pub render: AssetId,
}

/// To `ingest-asset`: let the row of the asset kept at this object key follow its object. A backfill sends it for an
/// object that it could not look at, and an administrator may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexObject {
    /// The object's key.
    pub index: String,
}

/// To `ingest-asset`: index what lies in the bucket already. An administrator sends the first, `{"backfill": {}}`; each
/// sends the next, so that any number of objects is many short calls, and one that fails goes on where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexBucket {
    /// From where.
    pub backfill: Backfill,
}

/// How far a backfill is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// The object key that was looked at last; absent at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// To `bundle-assets`: build this bundle. Sent once its manifest and row stand; sent again by whoever finds it
/// waiting too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildBundle {
    /// The link it belongs to.
    pub link: LinkId,
    /// The bundle.
    pub bundle: BundleId,
}

/// To `send-email`: send this mail. Sent once its row stands; sent again by whoever finds it waiting too long. It holds
/// no address, message or URL: those are read from rows at the moment of sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendEmail {
    /// The link it belongs to.
    pub link: LinkId,
    /// The mail.
    pub mail: MailId,
}
