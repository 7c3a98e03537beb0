//! What the bundles of one link take together: a row that is written with every change of a bundle's status, in one
//! transaction, so that each bundle counts once and its going gives the room back once.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::bundle::BundleStatus;
use domain::gate::network::ClientNetwork;
use domain::id::LinkId;
use jiff::{SignedDuration, Timestamp};

use crate::rows::table::{Item, Key, number};
use crate::rows::windows::{Count, Counted};
use crate::{Cloud, Error, rows::links};

/// Bundles of one link that may be made at once.
pub const MOST_PREPARING: u32 = 20;
/// Bundles of one link that may be kept.
pub const MOST_STANDING: u32 = 500;
/// New bundles in a window that one network may ask of one link.
pub const PER_NETWORK: u32 = 30;
/// How long to wait where too many are being made: they take seconds to minutes.
const PREPARING_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// How long to wait where too much is kept: room comes as bundles end.
const STANDING_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// What became of counting a new bundle.
#[derive(Debug, Clone)]
pub enum Ask {
    /// It may be made.
    Counted(Counted),
    /// There were too many: wait this long.
    TooMany(SignedDuration),
}

/// A change of what stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    bundles: i64,
    preparing: i64,
    bytes: i64,
}

impl Change {
    /// From one status to the next, for a bundle of so many bytes. What failed or goes takes nothing.
    pub fn between(from: Option<BundleStatus>, to: Option<BundleStatus>, bytes: u64) -> Self {
        let takes = |status: Option<BundleStatus>| {
            let stands = matches!(status, Some(BundleStatus::Preparing | BundleStatus::Ready));
            (i64::from(stands), i64::from(status == Some(BundleStatus::Preparing)))
        };
        let ((was, was_preparing), (is, is_preparing)) = (takes(from), takes(to));
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        Self { bundles: is - was, preparing: is_preparing - was_preparing, bytes: (is - was) * bytes }
    }
}

pub(crate) fn key(link: &LinkId) -> Key {
    Key::new(links::partition_key(link), "BUNDLES")
}

/// How many bundles a link has, and how many bytes.
#[derive(Clone, Copy)]
pub struct BundleCounts<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// How many bundles a link has, and how many bytes.
    pub fn bundle_counts(&self) -> BundleCounts<'_> {
        BundleCounts(self)
    }
}

impl BundleCounts<'_> {
    /// Counts a bundle that a network asks for anew, before it costs anything.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn count_ask(self, link: &LinkId, from: &ClientNetwork, now: Timestamp) -> Result<Ask, Error> {
        let key = Key::new(links::partition_key(link), format!("ASKS#{}", from.as_str()));
        Ok(match self.0.windows().count("count a bundle asked for", &[(key, PER_NETWORK)], now).await? {
            Count::Taken(counted) => Ask::Counted(counted),
            Count::TooMany(wait) => Ask::TooMany(wait),
        })
    }

    /// The write that notes a change; with `room` it is refused where the link has no room for a bundle of so many
    /// bytes, being allowed `room` bytes in all.
    pub(crate) fn note_change(
        self,
        link: &LinkId,
        change: Change,
        room: Option<u64>,
    ) -> Result<TransactWriteItem, Error> {
        let mut update = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key(link).item()))
            .update_expression("ADD bundles :bundles, preparing :preparing, bundle_bytes :bytes")
            .expression_attribute_values(":bundles", number(change.bundles))
            .expression_attribute_values(":preparing", number(change.preparing))
            .expression_attribute_values(":bytes", number(change.bytes));
        if let Some(room) = room {
            let left = i64::try_from(room).unwrap_or(i64::MAX).saturating_sub(change.bytes);
            update = update
                .condition_expression(
                    "attribute_not_exists(pk) OR \
                     (bundles < :most AND preparing < :most_preparing AND bundle_bytes <= :left)",
                )
                .expression_attribute_values(":most", number(MOST_STANDING))
                .expression_attribute_values(":most_preparing", number(MOST_PREPARING))
                .expression_attribute_values(":left", number(left));
        }
        let update = update.build().map_err(|e| Error::broken("count a link's bundles", e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// How long to wait until a link may have room again.
    pub(crate) async fn wait_for_room(self, link: &LinkId) -> Result<SignedDuration, Error> {
        let row = self.0.rows().get_item("read what a link has standing", &key(link)).await?;
        let preparing = row.as_ref().map_or(0, |row| count(row, "preparing"));
        Ok(if preparing >= i64::from(MOST_PREPARING) { PREPARING_WAIT } else { STANDING_WAIT })
    }

    /// How many bundles of a link are kept, how many of them are being made, and their bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(self, link: &LinkId) -> Result<(i64, i64, i64), Error> {
        let row = self.0.rows().get_item("read what a link has standing", &key(link)).await?;
        let of = |name| row.as_ref().map_or(0, |row| count(row, name));
        Ok((of("bundles"), of("preparing"), of("bundle_bytes")))
    }
}

fn count(row: &Item, name: &str) -> i64 {
    row.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use BundleStatus::{Failed, Going, Preparing, Ready};

    #[test]
    fn whatever_way_a_bundle_goes_it_takes_nothing_in_the_end() {
        for way in [
            vec![Preparing, Ready, Going],
            vec![Preparing, Going],
            vec![Preparing, Failed, Going],
            vec![Preparing, Failed, Preparing, Ready, Going],
        ] {
            let stations: Vec<_> =
                std::iter::once(None).chain(way.iter().copied().map(Some)).chain([None]).collect();
            let changes = stations.windows(2).map(|step| Change::between(step[0], step[1], 7));
            let sum = changes.fold((0, 0, 0), |(bundles, preparing, bytes), change| {
                (bundles + change.bundles, preparing + change.preparing, bytes + change.bytes)
            });
            assert_eq!(sum, (0, 0, 0), "{way:?}");
        }
        assert_eq!(Change::between(None, Some(Preparing), 7), Change { bundles: 1, preparing: 1, bytes: 7 });
    }
}
