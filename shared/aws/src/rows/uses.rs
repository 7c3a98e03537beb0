//! The row of a link's uses, and how its owner writes it.

use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use domain::id::LinkId;
use domain::link::Link;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::backoff::pause;
use crate::error::{SdkFailure, is_refused_condition};
pub(crate) use crate::rows::link_keys::used_key;
use crate::rows::table::{Item, Rows, from_item, number, to_item};

/// How long the owner's write of this row is tried. If openings keep the row busy for longer, it is left to them and to the
/// sweep: the link's own row, by which every request is judged, is written already.
pub(crate) const OWNER_WAITS: Duration = Duration::from_secs(1);

/// The row of a link's uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Used {
    pub(crate) used: u32,
    pub(crate) revision: u64,
}

impl Used {
    pub(crate) fn of(link: &Link) -> Self {
        Self { used: link.used, revision: link.revision }
    }

    /// The uses in a row; none without a row, as after the link was deleted.
    pub(crate) fn read(row: Option<Item>) -> Result<Self, Error> {
        row.map(|row| from_item("read a link's uses", row)).transpose().map(Option::unwrap_or_default)
    }

    pub(crate) fn row(self, link: &LinkId) -> Result<Item, Error> {
        let mut row = to_item("write a link's uses", &self)?;
        row.extend(used_key(link).item());
        Ok(row)
    }
}

impl Rows<'_> {
    /// Brings the row of a link's uses to the link's revision, which was written before, and tries it `at_most` so long:
    /// its owner for [`OWNER_WAITS`], an opener once, since other openers do it too.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn bring_uses_to(self, link: &Link, at_most: Duration) -> Result<(), Error> {
        let update = self
            .0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(used_key(&link.id).item()))
            .update_expression("SET #revision = :revision")
            .condition_expression("#revision < :revision")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":revision", number(link.revision));
        // The condition fails if an opener brought it there first, or the link was deleted.
        write_between_openings("bring a link's uses to its terms", at_most, || update.clone().send()).await
    }

    /// Deletes the row of a deleted link's uses, so that nothing can be spent any more.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn delete_uses(self, link: &LinkId) -> Result<(), Error> {
        let delete =
            self.0.dynamodb().delete_item().table_name(self.0.table()).set_key(Some(used_key(link).item()));
        write_between_openings("delete a link's uses", OWNER_WAITS, || delete.clone().send()).await
    }
}

/// Writes a row that openers write too. A failed condition is no error, nor is a row that stays busy.
async fn write_between_openings<T, E, Sent>(
    doing: &'static str,
    at_most: Duration,
    send: impl Fn() -> Sent,
) -> Result<(), Error>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    Sent: Future<Output = Result<T, SdkFailure<E>>>,
{
    let until = tokio::time::Instant::now() + at_most;
    loop {
        match send().await {
            Ok(_) => return Ok(()),
            Err(e) if is_refused_condition(&e) => return Ok(()),
            Err(e) if e.code() == Some("TransactionConflictException") => {
                if tokio::time::Instant::now() >= until {
                    tracing::info!(doing, "openings keep a link's uses busy");
                    return Ok(());
                }
                // Longer pauses would lose against many openers.
                pause(0).await;
            }
            Err(e) => return Err(Error::sdk(doing, e)),
        }
    }
}
