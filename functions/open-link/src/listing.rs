//! The part of a link's assets that a request asks for.

use aws::rows::sets::Order;
use aws::rows::table::Cursor;
use aws::rows::visits::Listing;
use domain::field_error::FieldError;
use http::Uri;

/// How many assets a landing page has at first.
pub const FIRST_PAGE: usize = 100;

/// What the landing page and the list know. What else stands in a link's address (a campaign's, say) is not theirs.
const KNOWN: [&str; 5] = ["cursor", "limit", "sort", "q", "view"];

/// The query string of the landing page and of the list.
#[derive(Debug)]
pub struct Query(Vec<(String, String)>);

/// A query that was understood.
#[derive(Debug)]
pub struct Asked {
    order: Option<Order>,
    typed: Option<String>,
    after: Option<Cursor>,
    limit: usize,
}

impl Query {
    /// A URL's.
    pub fn of(uri: &Uri) -> Self {
        // It can't fail: what is no text is replaced.
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri).map(|pairs| pairs.0);
        Self(
            pairs
                .unwrap_or_default()
                .into_iter()
                .filter(|(name, _)| KNOWN.contains(&name.as_str()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `cards` or `list`.
    pub fn view(&self) -> Option<&str> {
        self.get("view")
    }

    /// Reads it, with `usual` assets unless it says how many.
    pub fn read(&self, usual: usize) -> Result<Asked, Vec<FieldError>> {
        let mut faults = Vec::new();
        for name in KNOWN {
            if self.0.iter().filter(|(known, _)| known == name).count() > 1 {
                faults.push(FieldError::new(name, "Give this parameter once."));
            }
        }
        let order = match self.get("sort").filter(|sort| !sort.is_empty()) {
            None => None,
            Some("name") => Some(Order::Name),
            Some("-created") => Some(Order::Newest),
            Some(_) => {
                faults.push(FieldError::new("sort", "Sort by name or -created."));
                None
            }
        };
        let limit = match self.get("limit").map(str::parse::<usize>) {
            None => usual,
            Some(Ok(limit @ 1..=200)) => limit,
            Some(_) => {
                faults.push(FieldError::new("limit", "Give a number from 1 to 200."));
                usual
            }
        };
        let after = match self.get("cursor").filter(|cursor| !cursor.is_empty()) {
            None => None,
            Some(text) => Cursor::parse(text).map(Some).unwrap_or_else(|| {
                faults
                    .push(FieldError::new("cursor", "Use the next cursor as it was given, or leave it out."));
                None
            }),
        };
        let typed = self.get("q").map(str::trim).filter(|typed| !typed.is_empty()).map(str::to_owned);
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
        let query = |query: &str| Query::of(&format!("/s/x?{query}").parse().unwrap());
        let fields = |text| -> Vec<_> {
            query(text).read(50).unwrap_err().into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(fields("sort=size&limit=0&cursor=%25"), ["sort", "limit", "cursor"]);
        assert_eq!(fields("q=a&q=b&view=list&view=cards"), ["q", "view"]);
        let asked = query("sort=-created&limit=200&utm=a&utm=b").read(50).unwrap();
        assert_eq!(asked.listing().limit, 200);
    }
}
