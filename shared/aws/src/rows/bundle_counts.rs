//! Counts the bundles of one link and their bytes, in a row of their own. It is written in one transaction with every
//! change of a bundle's status, so that each bundle is counted once and its room is given back once.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::bundle::BundleStatus;
use domain::gate::network::ClientNetwork;
use domain::id::LinkId;
use jiff::{SignedDuration, Timestamp};

use crate::rows::table::{Item, Key, number};
use crate::rows::windows::Count;
use crate::{Cloud, Error, rows::links};

/// The most bundles of one link that may be built at once.
pub const MOST_PREPARING: u32 = 20;
/// The most bundles of one link that are kept.
pub const MOST_KEPT: u32 = 500;
/// The most new bundles that one network may request from one link in a window.
pub const PER_NETWORK: u32 = 30;
/// The wait if too many bundles are being built: building takes seconds to minutes.
const PREPARING_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// The wait if too many bundles are kept: they are removed 72 hours after their last request.
const KEPT_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// What a change of a bundle's status adds to the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    bundles: i64,
    preparing: i64,
    bytes: i64,
}

impl Change {
    /// The change from one status to the next, for a bundle of so many bytes. A bundle that failed or is being deleted
    /// does not count.
    pub fn between(from: Option<BundleStatus>, to: Option<BundleStatus>, bytes: u64) -> Self {
        let counts = |status: Option<BundleStatus>| {
            let is_kept = matches!(status, Some(BundleStatus::Preparing | BundleStatus::Ready));
            (i64::from(is_kept), i64::from(status == Some(BundleStatus::Preparing)))
        };
        let ((was, was_preparing), (is, is_preparing)) = (counts(from), counts(to));
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        Self { bundles: is - was, preparing: is_preparing - was_preparing, bytes: (is - was) * bytes }
    }
}

pub(crate) fn key(link: &LinkId) -> Key {
    Key::new(links::partition_key(link), "BUNDLES")
}

/// The counts of links' bundles.
#[derive(Clone, Copy)]
pub struct BundleCounts<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// The counts of links' bundles.
    pub fn bundle_counts(&self) -> BundleCounts<'_> {
        BundleCounts(self)
    }
}

impl BundleCounts<'_> {
    /// Counts a network's request for a new bundle, before any work is done for it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn count_request(
        self,
        link: &LinkId,
        from: &ClientNetwork,
        now: Timestamp,
    ) -> Result<Count, Error> {
        let key = Key::new(links::partition_key(link), format!("ASKS#{}", from.as_str()));
        self.0.windows().count("count a request for a bundle", &[(key, PER_NETWORK)], now).await
    }

    /// The write that records a change. With `room`, its condition fails if the link has too many bundles, or more than
    /// `room` bytes of them after the change.
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
                .expression_attribute_values(":most", number(MOST_KEPT))
                .expression_attribute_values(":most_preparing", number(MOST_PREPARING))
                .expression_attribute_values(":left", number(left));
        }
        let update = update.build().map_err(|e| Error::broken("count a link's bundles", e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// How long to wait until a link may have room again.
    pub(crate) async fn wait_for_room(self, link: &LinkId) -> Result<SignedDuration, Error> {
        let (_, preparing, _) = self.read(link).await?;
        Ok(if preparing >= i64::from(MOST_PREPARING) { PREPARING_WAIT } else { KEPT_WAIT })
    }

    /// The number of a link's bundles, how many of them are being built, and their bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(self, link: &LinkId) -> Result<(i64, i64, i64), Error> {
        let row = self.0.rows().get_item("read the counts of a link's bundles", &key(link)).await?;
        let count = |name| row.as_ref().map_or(0, |row| read_count(row, name));
        Ok((count("bundles"), count("preparing"), count("bundle_bytes")))
    }
}

fn read_count(row: &Item, name: &str) -> i64 {
    row.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use BundleStatus::{Deleting, Failed, Preparing, Ready};

    #[test]
    fn a_deleted_bundle_has_given_back_all_it_took() {
        for statuses in [
            vec![Preparing, Ready, Deleting],
            vec![Preparing, Deleting],
            vec![Preparing, Failed, Deleting],
            vec![Preparing, Failed, Preparing, Ready, Deleting],
        ] {
            let steps: Vec<_> =
                std::iter::once(None).chain(statuses.iter().copied().map(Some)).chain([None]).collect();
            let changes = steps.windows(2).map(|step| Change::between(step[0], step[1], 7));
            let sum = changes.fold((0, 0, 0), |(bundles, preparing, bytes), change| {
                (bundles + change.bundles, preparing + change.preparing, bytes + change.bytes)
            });
            assert_eq!(sum, (0, 0, 0), "{statuses:?}");
        }
        assert_eq!(Change::between(None, Some(Preparing), 7), Change { bundles: 1, preparing: 1, bytes: 7 });
    }
}
