//! Counting passwords tried, before they are checked: per link and client network, and more loosely per link, so
//! that one network's failures don't lock others out and many networks together still meet an end.

use domain::gate::network::ClientNetwork;
use domain::id::LinkId;
use jiff::{SignedDuration, Timestamp};

use crate::rows::table::Key;
use crate::rows::visits::Visits;
use crate::rows::windows::{Count, Counted};
use crate::{Error, rows::links};

/// Tries in a window from one network.
pub const PER_NETWORK: u32 = 10;
/// Tries in a window on one link from everywhere.
pub const PER_LINK: u32 = 200;

/// What became of counting a try.
#[derive(Debug, Clone)]
pub enum Try {
    /// The password may be checked. It is given back when the password turns out right.
    Counted(Counted),
    /// There were too many: wait this long.
    TooMany(SignedDuration),
}

impl Visits<'_> {
    /// Counts a try in one conditional write.
    ///
    /// # Errors
    /// When the store fails; the password must not be checked then.
    pub async fn count_try(self, link: &LinkId, from: &ClientNetwork, now: Timestamp) -> Result<Try, Error> {
        let pk = links::partition_key(link);
        let network = Key::new(&pk, format!("TRIES#{}", from.as_str()));
        let rows = [(network, PER_NETWORK), (Key::new(&pk, "TRIES"), PER_LINK)];
        Ok(match self.0.windows().count("count a password try", &rows, now).await? {
            Count::Taken(counted) => Try::Counted(counted),
            Count::TooMany(wait) => Try::TooMany(wait),
        })
    }
}
