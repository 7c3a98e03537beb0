//! The query of a URL: parsing that names every wrong parameter.

use aws::rows::table::Cursor;
use domain::field_error::{Faults, FieldError};
use domain::library::query::Query as Words;
use http::Uri;
use web::problem::Problem;

/// The number of items in a list's page if the request gives none.
pub const USUAL_LIMIT: usize = 50;
/// The largest number of items in a page.
const MAX_LIMIT: usize = 200;
/// The longest search text, in characters.
const MAX_TYPED: usize = 200;

/// The parameters of a URL, and the faults found so far. An empty parameter counts as absent, because forms send empty
/// fields.
#[derive(Debug, Clone)]
pub struct Query {
    pairs: Vec<(String, String)>,
    faults: Faults,
}

impl Query {
    /// Parses a URL's query with these known parameters. Any other parameter is a fault, so that typing errors are
    /// reported.
    pub fn read(uri: &Uri, known: &[&str]) -> Self {
        let pairs = pairs(uri);
        let mut faults = Faults::default();
        for (at, (name, _)) in pairs.iter().enumerate() {
            if known.contains(&name.as_str()) {
                continue;
            }
            // A repeated unknown parameter is named once.
            if !pairs[..at].iter().any(|(before, _)| before == name) {
                faults.add(name, format!("There is no such parameter. Known are {}.", known.join(", ")));
            }
        }
        Self { pairs, faults }.without_repeated(known)
    }

    /// Parses a URL's known parameters and ignores others, because mail programs and campaigns add parameters to a
    /// link's address.
    pub fn read_known(uri: &Uri, known: &[&str]) -> Self {
        let pairs = pairs(uri).into_iter().filter(|(name, _)| known.contains(&name.as_str())).collect();
        Self { pairs, faults: Faults::default() }.without_repeated(known)
    }

    fn without_repeated(mut self, known: &[&str]) -> Self {
        for name in known {
            if self.pairs.iter().filter(|(given, _)| given == name).count() > 1 {
                self.faults.add(*name, "Give this parameter once.");
            }
        }
        self
    }

    /// A parameter's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A parameter's value, parsed by `read`; if `read` returns none, a fault with the message `expected` is added.
    pub fn parse<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = self.get(name).map(|text| read(text).ok_or_else(|| FieldError::new(name, expected)))?;
        self.faults.take(parsed)
    }

    /// A parameter's value, parsed by `read`; its fault is added.
    pub fn parse_with<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        let parsed = self.get(name).map(read)?;
        self.faults.take(parsed)
    }

    /// As [`Query::parse_with`], for a required parameter; `missing` is the message if it is absent.
    pub fn require<T>(
        &mut self,
        name: &str,
        missing: &str,
        read: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        let parsed = self.get(name).map_or_else(|| Err(FieldError::new(name, missing)), read);
        self.faults.take(parsed)
    }

    /// `cursor`: the start of the page.
    pub fn cursor(&mut self) -> Option<Cursor> {
        self.parse("cursor", "Give the cursor that a list answered as next, or leave it out.", Cursor::parse)
    }

    /// `limit`: 1 to 200, or `usual` if it is absent.
    pub fn limit(&mut self, usual: usize) -> usize {
        let in_range = |text: &str| text.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n));
        self.parse("limit", "Give a number from 1 to 200.", in_range).unwrap_or(usual)
    }

    /// `q`: the search text that somebody typed, without spaces around it.
    pub fn typed(&mut self) -> Option<String> {
        let short = |text: &str| (text.chars().count() <= MAX_TYPED).then(|| text.trim().to_owned());
        self.parse("q", "Search for at most 200 characters.", short).filter(|typed| !typed.is_empty())
    }

    /// `q`: the words that somebody searches for.
    pub fn words(&mut self) -> Option<Words> {
        let typed = self.typed()?;
        let words = Words::parse(&typed).map_err(|why| FieldError::new("q", why.to_string()));
        self.faults.take(words).flatten()
    }

    /// Ends the parsing.
    ///
    /// # Errors
    /// 422 with all faults.
    pub fn finish(self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::unprocessable(self.faults)) }
    }
}

/// The pairs of a query. Bytes that are not UTF-8 are replaced, so this does not fail.
fn pairs(uri: &Uri) -> Vec<(String, String)> {
    axum::extract::Query::try_from_uri(uri).map(|axum::extract::Query(pairs)| pairs).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Query {
        Query::read(&format!("/api/assets?{query}").parse().unwrap(), &["q", "limit", "cursor"])
    }

    fn faulty(query: Query) -> Vec<String> {
        query.faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn parameters_are_decoded_and_an_empty_one_is_left_out() {
        let mut query = read("q=a%20b%C3%BC+c&limit=");
        assert_eq!(query.typed().as_deref(), Some("a bü c"));
        assert_eq!(query.limit(50), 50);
        assert!(query.finish().is_ok());
    }

    #[test]
    fn unknown_and_repeated_parameters_are_all_refused() {
        assert_eq!(faulty(read("p=1&p=2&q=a&q=b&limits=5")), ["p", "limits", "q"]);
        assert_eq!(read("p=1").finish().unwrap_err().status(), 422);
    }

    #[test]
    fn unknown_parameters_of_a_links_address_are_ignored() {
        let uri = "/s/x?utm=a&utm=b&q=a".parse().unwrap();
        let mut query = Query::read_known(&uri, &["q"]);
        assert_eq!(query.typed().as_deref(), Some("a"));
        assert!(query.finish().is_ok());
        assert_eq!(faulty(Query::read_known(&"/s/x?q=a&q=b".parse().unwrap(), &["q"])), ["q"]);
    }

    #[test]
    fn limit_cursor_and_typed_have_bounds() {
        assert_eq!(read("limit=200").limit(50), 200);
        for bad in ["0", "201", "-1", "x", "1e2", "99999999999999999999999"] {
            let mut query = read(&format!("limit={bad}"));
            assert_eq!(query.limit(50), 50);
            assert_eq!(faulty(query), ["limit"], "{bad}");
        }
        let mut query = read(&format!("cursor=%25&q={}", "ü".repeat(201)));
        assert!(query.cursor().is_none() && query.typed().is_none());
        assert_eq!(faulty(query), ["cursor", "q"]);
    }
}
