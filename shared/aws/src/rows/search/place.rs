//! Where a page of a search starts.

use std::cmp::Ordering;

use domain::id::AssetId;

use crate::rows::order::Order;
use crate::rows::table::Cursor;
use crate::rows::words::Posting;

/// Where a page of a search starts: after the last candidate that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Among candidates that are sorted: after this key and asset.
    Sorted {
        /// The asset's name, folded, or its time.
        key: String,
        /// The asset.
        asset: AssetId,
    },
    /// In the index's order: after this posting of the typed word with this number.
    Indexed {
        /// The number of the typed word.
        word: usize,
        /// The posting's sort key.
        posting: String,
    },
}

impl Place {
    /// The place in a cursor that a client sent; `None` if it is not of a search.
    pub fn of(cursor: &Cursor) -> Option<Self> {
        if let Some(rest) = cursor.0.strip_prefix("sorted:") {
            let (key, asset) = rest.rsplit_once('\u{1}')?;
            return Some(Self::Sorted { key: key.to_owned(), asset: asset.parse().ok()? });
        }
        let (word, posting) = cursor.0.strip_prefix("indexed:")?.split_once(':')?;
        Some(Self::Indexed { word: word.parse().ok()?, posting: posting.to_owned() })
    }

    pub(super) fn sorted(order: Order, posting: &Posting) -> Self {
        Self::Sorted { key: key(order, posting), asset: posting.asset.clone() }
    }

    /// Whether a posting comes after this place.
    pub(super) fn is_before(&self, order: Order, posting: &Posting) -> bool {
        let Self::Sorted { key: place, asset } = self else { return true };
        let by_key = (place.as_str(), asset).cmp(&(key(order, posting).as_str(), &posting.asset));
        by_key == if order == Order::Newest { Ordering::Greater } else { Ordering::Less }
    }
}

impl From<Place> for Cursor {
    fn from(place: Place) -> Self {
        Self(match place {
            Place::Sorted { key, asset } => format!("sorted:{key}\u{1}{asset}"),
            Place::Indexed { word, posting } => format!("indexed:{word}:{posting}"),
        })
    }
}

/// What sorts a posting: text, because a cursor has it.
fn key(order: Order, posting: &Posting) -> String {
    match order {
        Order::Natural | Order::Name => posting.name.clone(),
        Order::Newest => format!("{:016}", posting.made.max(0)),
    }
}

pub(super) fn compare(order: Order, one: &Posting, other: &Posting) -> Ordering {
    match order {
        Order::Natural | Order::Name => (&one.name, &one.asset).cmp(&(&other.name, &other.asset)),
        Order::Newest => (other.made, &other.asset).cmp(&(one.made, &one.asset)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_from_the_cursor_that_a_client_sends() {
        let asset = AssetId::of("a");
        for place in [
            Place::Sorted { key: "img 1: \u{1}a.jpg".to_owned(), asset: asset.clone() },
            Place::Indexed { word: 3, posting: format!("img\u{1}{asset}") },
        ] {
            let cursor = Cursor::parse(&Cursor::from(place.clone()).to_string()).unwrap();
            assert_eq!(Place::of(&cursor), Some(place));
        }
        for other in ["", "img\u{1}x", "sorted:img", "sorted:img\u{1}x", "indexed:x:y", "indexed:1"] {
            assert_eq!(Place::of(&Cursor(other.to_owned())), None, "{other}");
        }
    }
}
