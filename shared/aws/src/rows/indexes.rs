//! The indexes of the table.
//!
//! CloudFormation changes one index at an update, so the indexes are generic: each kind of row puts its own keys there.
//! All of them hold the attributes `card` and `attributes` beside the keys, and only the rows that have their keys.
//!
//! | row | gsi1 | gsi2 | gsi3 | gsi4 |
//! | --- | --- | --- | --- | --- |
//! | asset | `LIBRARY` / place | `FOLDER#id` / created | `LIBRARY#NEW` / created | |
//! | folder | `FOLDERS` / path | `PARENT#id` / name | | `TARGETS` / name |
//! | link | `OWNER#id` / made | `LINKS#0` to `3` / made | `END#day#0` to `3` / end | `OWNER#id` / title |
//! | a list before its link, a bundle, a deleted link, an asset that went | | | `END#day#0` to `3` / end | |
//! | user | `USERS` / name | | | |

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An index: its name, and the attributes of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// The name.
    pub name: &'static str,
    /// The attribute of the partition key.
    pub pk: &'static str,
    /// The attribute of the sort key.
    pub sk: &'static str,
}

pub(crate) const GSI1: Index = Index { name: "gsi1", pk: "gsi1pk", sk: "gsi1sk" };
pub(crate) const GSI2: Index = Index { name: "gsi2", pk: "gsi2pk", sk: "gsi2sk" };
pub(crate) const GSI3: Index = Index { name: "gsi3", pk: "gsi3pk", sk: "gsi3sk" };
pub(crate) const GSI4: Index = Index { name: "gsi4", pk: "gsi4pk", sk: "gsi4sk" };

/// All indexes.
pub const INDEXES: [Index; 4] = [GSI1, GSI2, GSI3, GSI4];

/// The attributes that indexes hold beside keys: what pages show.
pub const PROJECTED: [&str; 2] = [CARD, ATTRIBUTES];
/// The attribute with the packed card of an asset, and what sorts a link among all.
pub(crate) const CARD: &str = "card";
/// The attribute with the packed values that people gave to an asset.
pub(crate) const ATTRIBUTES: &str = "attributes";

impl Index {
    /// Puts a row into the index.
    pub(crate) fn insert(
        self,
        row: &mut HashMap<String, AttributeValue>,
        partition: impl Into<String>,
        sort: impl Into<String>,
    ) {
        row.insert(self.pk.to_owned(), AttributeValue::S(partition.into()));
        row.insert(self.sk.to_owned(), AttributeValue::S(sort.into()));
    }
}

/// The number of partitions over which an index spreads rows that would otherwise share one.
pub(crate) const SHARDS: u8 = 4;

/// The shard of an id. It is computed from the id's first digit, so it need not be stored.
pub(crate) fn shard(id: &str) -> u8 {
    id.bytes().next().map_or(0, |digit| digit % SHARDS)
}

/// The attributes that put a row which ends at `at` into the sweep's index: its shard and its sort key.
pub(crate) fn sweep_keys(at: Timestamp, id: &str) -> [(String, AttributeValue); 2] {
    let day = TimeZone::UTC.to_datetime(at).date();
    [
        (GSI3.pk.to_owned(), AttributeValue::S(format!("END#{day}#{}", shard(id)))),
        (GSI3.sk.to_owned(), AttributeValue::S(format!("{:016}#{id}", at.as_millisecond()))),
    ]
}
