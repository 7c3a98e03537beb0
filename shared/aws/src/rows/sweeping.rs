//! The sweep: finds what has ended. It reads an index by the day of the end, so that its work grows with what has ended
//! and not with the number of links. What is cleared up leaves the index.

use domain::id::{AssetId, BundleId, LinkId};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::rows::indexes::{GSI3, SHARDS};
use crate::rows::table::{Item, Key, from_item, string, to_item};
use crate::{Cloud, Error};

/// The most things of a page.
const PAGE: i32 = 200;

/// Something that has ended, according to the index. Its row is read again before it is cleared up, because the index
/// lags and the row may have got a new end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A link whose date has passed: its visits and bundles are deleted. Its row stays, because it still answers 410.
    Link(LinkId),
    /// A link that was deleted: all its remaining rows and objects are deleted.
    DeletedLink(LinkId),
    /// A selection whose link was not created in time.
    Selection(LinkId),
    /// A bundle that was not requested for 72 hours.
    Bundle(LinkId, BundleId),
    /// An asset whose file went 30 days ago: its row, with the values that people gave, is deleted.
    GoneAsset(AssetId),
}

/// The keys of a row of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    pk: String,
    sk: String,
    #[serde(rename = "gsi3sk")]
    end_key: String,
}

/// What ended, and how to take it out of the index.
#[derive(Debug, Clone)]
pub struct ToSweep {
    /// What ended.
    pub what: Ended,
    entry: Entry,
}

impl ToSweep {
    /// The key of its row.
    pub(crate) fn key(&self) -> Key {
        Key::new(&self.entry.pk, &self.entry.sk)
    }

    /// Its end as the index had it.
    pub(crate) fn end_key(&self) -> &str {
        &self.entry.end_key
    }
}

/// A place in the index, which is in the order of days, and in a day of shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    day: Date,
    shard: u8,
    /// The last row before this place; `None` at the start of a shard.
    after: Option<Entry>,
}

impl Place {
    /// The place before all that ended on a day or later.
    pub fn start_of(day: Date) -> Self {
        Self { day, shard: 0, after: None }
    }

    /// The day of the end of what comes next.
    pub fn day(&self) -> Date {
        self.day
    }

    /// The place after a thing that was listed for this shard.
    #[must_use]
    pub fn behind(&self, swept: &ToSweep) -> Self {
        Self { after: Some(swept.entry.clone()), ..*self }
    }

    fn next_shard(&self) -> Self {
        match self.shard + 1 {
            SHARDS => Self::start_of(self.day.saturating_add(1.day())),
            shard => Self { shard, after: None, ..*self },
        }
    }
}

/// A page of what has ended.
#[derive(Debug)]
pub struct Found {
    /// What is to be cleared up, in the order of its end.
    pub things: Vec<ToSweep>,
    /// Rows that could not be read.
    pub unreadable: Vec<Error>,
    /// The place after this page.
    pub next: Place,
}

/// How far the sweep has come. It goes through the index in rounds, and a round may take several runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Where the next run begins.
    pub next: Place,
    /// The day that the next round begins with; `None` if the next run begins a round.
    pub again: Option<Date>,
}

/// What has ended and is to be cleared up.
#[derive(Clone, Copy)]
pub struct Sweeps<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// What has ended and is to be cleared up.
    pub fn sweeps(&self) -> Sweeps<'_> {
        Sweeps(self)
    }
}

impl Sweeps<'_> {
    /// Lists what comes at a place of the index and ended before `now`: at most a page, of one shard. It may be empty,
    /// and more may follow.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_ended(self, place: &Place, now: Timestamp) -> Result<Found, Error> {
        let doing = "find what has ended";
        let shard = string(format!("END#{}#{}", place.day, place.shard));
        let start = place.after.as_ref().map(|entry| {
            let mut keys = Key::new(&entry.pk, &entry.sk).item();
            keys.insert(GSI3.pk.to_owned(), shard.clone());
            keys.insert(GSI3.sk.to_owned(), string(&entry.end_key));
            keys
        });
        let answer = self
            .0
            .dynamodb()
            .query()
            .table_name(self.0.table())
            .index_name(GSI3.name)
            .key_condition_expression("#partition = :shard AND #sort < :until")
            .expression_attribute_names("#partition", GSI3.pk)
            .expression_attribute_names("#sort", GSI3.sk)
            .expression_attribute_values(":shard", shard)
            .expression_attribute_values(":until", string(format!("{:016}~", now.as_millisecond())))
            .limit(PAGE)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|e| Error::sdk(doing, e))?;
        let next = match answer.last_evaluated_key {
            Some(last) => Place { after: Some(from_item(doing, last)?), ..*place },
            None => place.next_shard(),
        };
        let mut found = Found { things: Vec::new(), unreadable: Vec::new(), next };
        for row in answer.items.unwrap_or_default() {
            match read_ended(row) {
                Ok(thing) => found.things.push(thing),
                Err(error) => found.unreadable.push(error),
            }
        }
        Ok(found)
    }

    /// How far the sweep has come; `None` before the first run, and if the row is older than this form.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn progress(self) -> Result<Option<Progress>, Error> {
        let doing = "read how far the sweep has come";
        let row = self.0.rows().get_item(doing, &sweep_key()).await?;
        // Before there were places, the row had only a day.
        row.filter(|row| row.contains_key("next")).map(|row| from_item(doing, row)).transpose()
    }

    /// Stores how far the sweep has come.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_progress(self, progress: &Progress) -> Result<(), Error> {
        let doing = "store how far the sweep has come";
        let mut row = to_item(doing, progress)?;
        row.extend(sweep_key().item());
        let put = self.0.dynamodb().put_item().table_name(self.0.table()).set_item(Some(row)).send().await;
        put.map_err(|e| Error::sdk(doing, e))?;
        Ok(())
    }
}

fn sweep_key() -> Key {
    Key::new("SITE", "SWEEP")
}

fn read_ended(row: Item) -> Result<ToSweep, Error> {
    let doing = "read what has ended";
    let Key { pk, sk } = Key::of(&row);
    let broken = |why: &str| Error::broken(doing, format!("{why}: {pk} / {sk}"));
    let link = |id: &str| id.parse::<LinkId>().map_err(|_| broken("a row has no link id"));
    let what = match (pk.strip_prefix("LINK#"), pk.strip_prefix("LIST#"), sk.as_str()) {
        (Some(id), _, "LINK") => Ended::Link(link(id)?),
        (Some(id), _, "DELETED") => Ended::DeletedLink(link(id)?),
        (_, Some(id), "HEAD") => Ended::Selection(link(id)?),
        (None, None, "ASSET") => {
            let id = pk.strip_prefix("ASSET#").and_then(|id| id.parse().ok());
            Ended::GoneAsset(id.ok_or_else(|| broken("a row has no asset id"))?)
        }
        (Some(id), _, sk) => {
            let bundle = sk.strip_prefix("BUNDLE#").and_then(|id| id.parse().ok());
            Ended::Bundle(link(id)?, bundle.ok_or_else(|| broken("a row of an unknown kind"))?)
        }
        _ => return Err(broken("a row of an unknown kind")),
    };
    Ok(ToSweep { what, entry: from_item(doing, row)? })
}
