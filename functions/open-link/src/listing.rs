//! The query of a link's assets: order, search and page.

use api::query::Query;
use aws::rows::order::Order;
use aws::rows::table::Cursor;
use aws::rows::visits::Listing;
use domain::library::query::Query as Words;
use http::Uri;
use web::pages::View;
use web::problem::Problem;

/// The number of assets on the first landing page: about two screens, since the page loads more before its end is
/// reached.
pub(crate) const FIRST_PAGE: usize = 48;

/// The parameters of the landing page and the list.
const KNOWN: [&str; 5] = ["cursor", "limit", "sort", "q", "view"];

/// The parsed query.
#[derive(Debug)]
pub(crate) struct ListAssets {
    order: Option<Order>,
    query: Option<Words>,
    after: Option<Cursor>,
    limit: usize,
}

impl ListAssets {
    /// Parses a URL's query and view; `usual` is the number of assets if it gives none.
    ///
    /// # Errors
    /// 422 with every fault. Unknown parameters, such as a mail campaign's, are ignored.
    pub fn read(uri: &Uri, usual: usize) -> Result<(Self, View), Problem> {
        let mut query = Query::read_known(uri, &KNOWN);
        let order = query.parse("sort", "Sort by name or -created.", |sort| match sort {
            "name" => Some(Order::Name),
            "-created" => Some(Order::Newest),
            _ => None,
        });
        let view = if query.get("view") == Some("list") { View::List } else { View::Cards };
        let words = query.words();
        let list = Self { order, limit: query.limit(usual), after: query.cursor(), query: words };
        query.finish()?;
        Ok((list, view))
    }

    /// The query in the form of `cloud.visits()`.
    pub fn listing(&self) -> Listing<'_> {
        Listing {
            order: self.order,
            query: self.query.as_ref(),
            after: self.after.as_ref(),
            limit: self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_parameters_are_named_and_unknown_ones_ignored() {
        let read = |query: &str| ListAssets::read(&format!("/s/x?{query}").parse().unwrap(), 50);
        let wrong = read("sort=size&limit=0&cursor=%25").unwrap_err();
        assert_eq!(wrong.fields(), ["sort", "limit", "cursor"]);
        let twice = read("q=a&q=b&view=list&view=cards").unwrap_err();
        assert_eq!(twice.fields(), ["q", "view"]);
        let (list, view) = read("sort=-created&limit=200&utm=a&utm=b&view=list").unwrap();
        assert_eq!((list.listing().limit, view), (200, View::List));
    }
}
