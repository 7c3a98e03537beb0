//! The event that S3 sends when an object is created or removed:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// Characters that S3 does not encode in the key of an event. A space becomes `+`, others `%XX`.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

/// A change of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectChange<'a> {
    /// It is new, or replaces an older one.
    Created {
        /// Its size in bytes.
        size: u64,
        /// Its ETag, without quotes.
        etag: &'a str,
    },
    /// It was removed.
    Removed,
}

/// Builds the event for the body of a queue's message. Of two events for one key, the later one has the greater
/// `sequencer`.
pub fn object_event(
    bucket: &str,
    key: &str,
    change: ObjectChange<'_>,
    sequencer: u64,
    now: Timestamp,
) -> Value {
    let key = utf8_percent_encode(key, KEPT).to_string().replace("%20", "+");
    let mut object = json!({"key": key, "sequencer": format!("{sequencer:018X}")});
    let name = match change {
        ObjectChange::Created { size, etag } => {
            object["size"] = json!(size);
            object["eTag"] = json!(etag);
            "ObjectCreated:Put"
        }
        ObjectChange::Removed => "ObjectRemoved:Delete",
    };
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "local",
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "eventName": name,
        "userIdentity": {"principalId": "local"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "library",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "local"},
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": object,
        },
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lambda_events::s3::S3Event;

    #[test]
    fn the_event_is_an_s3_event_with_the_key_encoded_as_by_s3() {
        let created = ObjectChange::Created { size: 7, etag: "e" };
        let event = object_event("b", "library/Été 1/a+b&c=日.jpg", created, 255, Timestamp::UNIX_EPOCH);
        let event: S3Event = serde_json::from_value(event).unwrap();
        let record = &event.records[0];
        let object = &record.s3.object;
        assert_eq!(record.event_name.as_deref(), Some("ObjectCreated:Put"));
        assert_eq!(object.key.as_deref(), Some("library/%C3%89t%C3%A9+1/a%2Bb%26c%3D%E6%97%A5.jpg"));
        assert_eq!((object.size, object.e_tag.as_deref()), (Some(7), Some("e")));
        let removed = object_event("b", "k", ObjectChange::Removed, 256, Timestamp::UNIX_EPOCH);
        let removed: S3Event = serde_json::from_value(removed).unwrap();
        assert!(removed.records[0].s3.object.sequencer > object.sequencer);
    }
}
