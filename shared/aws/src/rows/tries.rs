//! Counts password tries before the password is checked. The limit for one client network and link is low, so that one
//! network's failures don't lock out others; a higher limit for the link bounds the tries of many networks together.

use domain::gate::network::ClientNetwork;
use domain::id::LinkId;
use jiff::Timestamp;

use crate::rows::table::Key;
use crate::rows::visits::Visits;
use crate::rows::windows::Count;
use crate::{Error, rows::links};

/// The most tries of one link by one network in a window.
pub const PER_NETWORK: u32 = 10;
/// The most tries of one link by all networks in a window.
pub const PER_LINK: u32 = 200;

impl Visits<'_> {
    /// Counts a password try. Give the count back if the password is right.
    ///
    /// # Errors
    /// When the store fails; the password must not be checked then.
    pub async fn count_try(
        self,
        link: &LinkId,
        from: &ClientNetwork,
        now: Timestamp,
    ) -> Result<Count, Error> {
        let pk = links::partition_key(link);
        let network = Key::new(&pk, format!("TRIES#{}", from.as_str()));
        let rows = [(network, PER_NETWORK), (Key::new(&pk, "TRIES"), PER_LINK)];
        self.0.windows().count("count a password try", &rows, now).await
    }
}
