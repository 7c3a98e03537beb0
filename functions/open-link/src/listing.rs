//! The part of a link's assets that a request asks for.

use aws::entry::Listing;
use aws::sets::Order;
use aws::table::Cursor;
use domain::field_error::FieldError;
use serde::Deserialize;

/// How many assets a landing page has at first.
pub const FIRST_PAGE: usize = 100;

/// The query string of the landing page and of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    cursor: Option<String>,
    limit: Option<String>,
    sort: Option<String>,
    q: Option<String>,
    /// `cards` or `list`.
    pub view: Option<String>,
}

/// A query that was understood.
#[derive(Debug)]
pub struct Asked {
    order: Option<Order>,
    typed: Option<String>,
    after: Option<Cursor>,
    limit: usize,
}

impl Query {
    /// Reads it, with `usual` assets unless it says how many.
    pub fn read(&self, usual: usize) -> Result<Asked, Vec<FieldError>> {
        let mut faults = Vec::new();
        let order = match self.sort.as_deref().filter(|sort| !sort.is_empty()) {
            None => None,
            Some("name") => Some(Order::Name),
            Some("-created") => Some(Order::Newest),
            Some(_) => {
                faults.push(FieldError::new("sort", "Sort by name or -created."));
                None
            }
        };
        let limit = match self.limit.as_deref().map(str::parse::<usize>) {
            None => usual,
            Some(Ok(limit @ 1..=200)) => limit,
            Some(_) => {
                faults.push(FieldError::new("limit", "Give a number from 1 to 200."));
                usual
            }
        };
        let after = match self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
            None => None,
            Some(text) => Cursor::parse(text).map(Some).unwrap_or_else(|| {
                faults
                    .push(FieldError::new("cursor", "Use the next cursor as it was given, or leave it out."));
                None
            }),
        };
        let typed = self.q.as_deref().map(str::trim).filter(|typed| !typed.is_empty()).map(str::to_owned);
        if typed.as_ref().is_some_and(|typed| typed.chars().count() > 200) {
            faults.push(FieldError::new("q", "Search for at most 200 characters."));
        }
        if faults.is_empty() { Ok(Asked { order, typed, after, limit }) } else { Err(faults) }
    }
}

impl Asked {
    /// As the store takes it.
    pub fn listing(&self) -> Listing<'_> {
        Listing {
            order: self.order,
            typed: self.typed.as_deref(),
            after: self.after.as_ref(),
            limit: self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_named() {
        let query = Query {
            sort: Some("size".into()),
            limit: Some("0".into()),
            cursor: Some("%".into()),
            ..Query::default()
        };
        let fields: Vec<_> = query.read(50).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["sort", "limit", "cursor"]);
        let asked = Query { sort: Some("-created".into()), limit: Some("200".into()), ..Query::default() };
        assert_eq!(asked.read(50).unwrap().listing().limit, 200);
    }
}
