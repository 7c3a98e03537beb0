//! What one function tells another: the bodies of queue messages, and the only contract between functions.

use serde::{Deserialize, Serialize};

use crate::id::{AssetId, BundleId, LinkId};
use crate::mail::MailId;

/// How often a queue delivers a message before it goes to the dead letters.
pub const MAX_RECEIVES: u32 = 5;

/// To `ingest-asset`, as `{"render": "<id>"}` and so on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IngestMessage {
    /// Read this asset's file and render it. Sent once its row is there.
    Render(AssetId),
    /// Let the row of the asset kept at this object key follow its object. A backfill sends it for an object that it
    /// could not look at, and an administrator may.
    Index(String),
    /// Index what the bucket held before. An administrator sends the first, `{"backfill": {}}`; each sends the next, so
    /// that any number of objects is many short calls, and one that fails goes on where it was.
    Backfill(Backfill),
}

/// How far a backfill is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// The object key that was looked at last; absent at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// To `bundle-assets`: build this bundle. Sent once its manifest and row are there, and again where it waits too
/// long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildBundle {
    /// The link it belongs to.
    pub link: LinkId,
    /// The bundle.
    pub bundle: BundleId,
}

/// To `send-email`: send this mail. Sent once its row is there, and again where it waits too long. It holds
/// no address, message or URL: those are read from rows at the moment of sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendEmail {
    /// The link it belongs to.
    pub link: LinkId,
    /// The mail.
    pub mail: MailId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_to_ingest_says_what_it_wants_by_its_one_name() {
        for (message, json) in [
            (IngestMessage::Index("a.jpg".into()), r#"{"index":"a.jpg"}"#),
            (IngestMessage::Backfill(Backfill::default()), r#"{"backfill":{}}"#),
            (IngestMessage::Backfill(Backfill { after: Some("k".into()) }), r#"{"backfill":{"after":"k"}}"#),
        ] {
            assert_eq!(serde_json::to_string(&message).unwrap(), json);
            assert_eq!(serde_json::from_str::<IngestMessage>(json).unwrap(), message);
        }
        let two = r#"{"index": "a", "render": "b"}"#;
        assert!(serde_json::from_str::<IngestMessage>(two).is_err(), "one thing at a time");
    }
}
