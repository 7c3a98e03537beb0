//! The JWT authoriser of the HTTP API.

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{provider::Denied, sign_in::SignIn};

/// The claims of the request's bearer token as strings, as API Gateway gives them to a function.
pub(super) async fn claims(
    headers: &HeaderMap,
    sign_in: &SignIn,
    now: Timestamp,
) -> Result<Map<String, Value>, Denied> {
    let claims = sign_in.claims(headers, now).await?;
    Ok(claims.into_iter().map(|(name, value)| (name, Value::from(as_string(&value)))).collect())
}

/// API Gateway writes a list as `[a b]`, and other values as in JSON.
fn as_string(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(as_string).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_become_strings_as_on_aws() {
        assert_eq!(as_string(&json!(["administrator", "press"])), "[administrator press]");
        assert_eq!(as_string(&json!(1_700_000_000)), "1700000000");
        assert_eq!(as_string(&json!(true)), "true");
        assert_eq!(as_string(&json!("ada")), "ada");
    }
}
