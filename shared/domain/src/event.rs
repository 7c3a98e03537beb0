//! The bodies of queue messages, which are the only contract between functions.

use serde::{Deserialize, Serialize};

use crate::id::{AssetId, BundleId, LinkId};
use crate::library::words::Word;
use crate::mail::MailId;

/// How often a queue delivers a message before it moves it to the dead-letter queue.
pub const MAX_RECEIVES: u32 = 5;

/// A message to `ingest-asset`, such as `{"render": "<id>"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IngestMessage {
    /// Read this asset's file and render it. It is sent after the asset's row was written.
    Render(AssetId),
    /// Make the row of the asset at this object key agree with its object. A backfill sends it for an object that it
    /// could not read; an administrator may send it too.
    Index(String),
    /// Index the objects that were in the bucket before. An administrator sends the first message, `{"backfill": {}}`;
    /// each message sends the next one. So any number of objects takes many short runs, and a run that fails is
    /// repeated alone.
    Backfill(Backfill),
    /// Delete the postings of those words that the asset no longer has. It is sent before a change that drops words,
    /// and delivered 15 minutes later, when the change was written.
    Tidy {
        /// The asset.
        asset: AssetId,
        /// The words that it has only before or only after the change.
        words: Vec<Word>,
    },
}

/// The progress of a backfill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// The last object key that was indexed; absent at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A message to `bundle-assets`: build this bundle. It is sent after the manifest and the row were written, and again
/// if the bundle waits too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildBundle {
    /// The link it belongs to.
    pub link: LinkId,
    /// The bundle.
    pub bundle: BundleId,
}

/// A message to `send-email`: send this mail. It is sent after the mail's row was written, and again if the mail waits
/// too long. It holds no address, text or URL, which are read from rows when the mail is sent.
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
    fn a_message_to_ingest_has_one_field_that_names_its_kind() {
        let words = crate::library::words::words_of("Été").into_iter().collect();
        let tidy = IngestMessage::Tidy { asset: AssetId::of("a.jpg"), words };
        let tidy_json = format!(r#"{{"tidy":{{"asset":"{}","words":["ete"]}}}}"#, AssetId::of("a.jpg"));
        for (message, json) in [
            (tidy, tidy_json.as_str()),
            (IngestMessage::Index("a.jpg".into()), r#"{"index":"a.jpg"}"#),
            (IngestMessage::Backfill(Backfill::default()), r#"{"backfill":{}}"#),
            (IngestMessage::Backfill(Backfill { after: Some("k".into()) }), r#"{"backfill":{"after":"k"}}"#),
        ] {
            assert_eq!(serde_json::to_string(&message).unwrap(), json);
            assert_eq!(serde_json::from_str::<IngestMessage>(json).unwrap(), message);
        }
        let two = r#"{"index": "a", "render": "b"}"#;
        assert!(serde_json::from_str::<IngestMessage>(two).is_err(), "two kinds at once");
    }
}
