//! The query of a list's URL: each parameter known, given once, and named when it is wrong.

use domain::field_error::FieldError;
use http::Uri;

use crate::problem::Problem;

/// How many items a list answers with unless told.
const LIMIT: usize = 50;
/// And at most.
const MAX_LIMIT: usize = 200;

/// The parameters of a URL. An empty one counts as left out, as forms send them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a URL's query, of which these parameters are known.
    ///
    /// # Errors
    /// 422 for each unknown or repeated parameter, so that a typing error never passes silently.
    pub fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let axum::extract::Query(pairs) = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Problem::bad_request("The query of the URL can't be read."))?;
        let mut faults = Vec::new();
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let message = format!("There is no such parameter. Known are {}.", known.join(", "));
                faults.push(FieldError::new(name, message));
            } else if pairs[..at].iter().any(|(before, _)| before == name) {
                faults.push(FieldError::new(name, "Give this parameter once."));
            }
        }
        if faults.is_empty() { Ok(Self(pairs)) } else { Err(Problem::unprocessable(faults)) }
    }

    /// A parameter's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A parameter's value as `read` takes it; where it takes none, `expected` says what would be right.
    ///
    /// # Errors
    /// The parameter's fault.
    pub fn parse<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, FieldError> {
        self.get(name).map(|text| read(text).ok_or_else(|| FieldError::new(name, expected))).transpose()
    }

    /// `limit`: 1 to 200, 50 unless given.
    ///
    /// # Errors
    /// The parameter's fault.
    pub fn limit(&self) -> Result<usize, FieldError> {
        let in_range = |text: &str| text.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n));
        Ok(self.parse("limit", "Give a number from 1 to 200.", in_range)?.unwrap_or(LIMIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Query, Problem> {
        Query::read(&format!("/api/assets?{query}").parse().unwrap(), &["q", "limit"])
    }

    #[test]
    fn parameters_are_decoded_and_an_empty_one_is_left_out() {
        let query = read("q=a%20b%C3%BC+c&limit=").unwrap();
        assert_eq!(query.get("q"), Some("a bü c"));
        assert_eq!(query.get("limit"), None);
        assert_eq!(query.limit(), Ok(50));
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        for bad in ["p=1", "q=a&q=b", "limits=5"] {
            assert_eq!(read(bad).unwrap_err().status(), 422, "{bad}");
        }
    }

    #[test]
    fn a_limit_is_1_to_200() {
        assert_eq!(read("limit=200").unwrap().limit(), Ok(200));
        for bad in ["0", "201", "-1", "x", "1e2", "99999999999999999999999"] {
            assert_eq!(read(&format!("limit={bad}")).unwrap().limit().unwrap_err().field, "limit", "{bad}");
        }
    }
}
