//! The part of a link's assets that a request wants.

use api::query::Query;
use aws::rows::sets::Order;
use aws::rows::table::Cursor;
use aws::rows::visits::Listing;
use http::Uri;
use web::pages::View;
use web::problem::Problem;

/// How many assets a landing page has at first.
pub(crate) const FIRST_PAGE: usize = 100;

/// What the landing page and the list know.
const KNOWN: [&str; 5] = ["cursor", "limit", "sort", "q", "view"];

/// A query that was understood.
#[derive(Debug)]
pub(crate) struct ListAssets {
    order: Option<Order>,
    typed: Option<String>,
    after: Option<Cursor>,
    limit: usize,
}

impl ListAssets {
    /// Reads a URL, with `usual` assets unless it says how many, and how they are shown.
    ///
    /// # Errors
    /// 422 with every fault. What else a link's address has (a campaign's marks, say) is passed over.
    pub fn read(uri: &Uri, usual: usize) -> Result<(Self, View), Problem> {
        let mut query = Query::read_known(uri, &KNOWN);
        let order = query.parse("sort", "Sort by name or -created.", |sort| match sort {
            "name" => Some(Order::Name),
            "-created" => Some(Order::Newest),
            _ => None,
        });
        let view = if query.get("view") == Some("list") { View::List } else { View::Cards };
        let list = Self { order, limit: query.limit(usual), after: query.cursor(), typed: query.typed() };
        query.finish()?;
        Ok((list, view))
    }

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
        let read = |query: &str| ListAssets::read(&format!("/s/x?{query}").parse().unwrap(), 50);
        let wrong = read("sort=size&limit=0&cursor=%25").unwrap_err();
        assert_eq!(wrong.fields(), ["sort", "limit", "cursor"]);
        let twice = read("q=a&q=b&view=list&view=cards").unwrap_err();
        assert_eq!(twice.fields(), ["q", "view"]);
        let (list, view) = read("sort=-created&limit=200&utm=a&utm=b&view=list").unwrap();
        assert_eq!((list.listing().limit, view), (200, View::List));
    }
}
