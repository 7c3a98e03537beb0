//! JSON bodies: parsing that names every wrong field.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use domain::field_error::{Faults, FieldError};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use web::problem::Problem;

/// Parses a body as a JSON object.
///
/// # Errors
/// 413 if it is larger than the router allows, with the remedy `too_large`; 400 if it is not JSON; 422 if it is not an
/// object or has a name twice.
pub fn object(bytes: Result<Bytes, BytesRejection>, too_large: &str) -> Result<Map<String, Value>, Problem> {
    let bytes = bytes.map_err(|refused| match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::payload_too_large(too_large),
        _ => Problem::bad_request("The body could not be read to its end. Send it again."),
    })?;
    web::json_body::read_object(&bytes)
}

/// The body with its valid fields, and the faults of the others. Each field is parsed by itself, so that all faults are
/// named in one answer; therefore every field of `T` must be optional.
pub fn fields<T: DeserializeOwned + Default>(object: Map<String, Value>) -> (T, Faults) {
    let (mut valid, mut faults) = (Map::new(), Faults::default());
    for (name, value) in object {
        // serde would read a list as the fields of a struct in their order.
        if value.is_array() && matches!(name.as_str(), "target" | "options") {
            faults.push(FieldError::new(name, "Give an object."));
            continue;
        }
        let alone = Value::Object(Map::from_iter([(name, value)]));
        match serde_path_to_error::deserialize::<_, T>(&alone) {
            Ok(_) => valid.extend(alone.as_object().cloned().unwrap_or_default()),
            Err(e) => faults.push(fault(&e)),
        }
    }
    match serde_json::from_value(Value::Object(valid)) {
        Ok(body) => (body, faults),
        Err(e) => {
            faults.push(FieldError::new("", sentence(&e.to_string())));
            (T::default(), faults)
        }
    }
}

/// Parses the body as one document.
///
/// # Errors
/// 422 for the first wrong field.
pub fn document<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|e| Problem::unprocessable([fault(&e)]))
}

fn fault(e: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let path = e.path().to_string();
    let field = if path == "." { String::new() } else { path };
    // The message must not repeat any part of a password, so it does not quote the value.
    let message = match field.as_str() {
        "password" => "Give a text, or null for no password.".to_owned(),
        _ => sentence(&e.inner().to_string()),
    };
    FieldError::new(field, message)
}

/// serde's message as a sentence, without names of Rust types, and shortened because it quotes the value.
fn sentence(message: &str) -> String {
    let mut text: String = message.replace("expected i64", "expected a whole number");
    if text.chars().count() > 300 {
        text = text.chars().take(299).chain(['…']).collect();
    }
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::link::body::{Given, LinkBody, TargetBody};

    fn read(json: &str) -> (LinkBody, Vec<FieldError>) {
        let object = object(Ok(Bytes::copy_from_slice(json.as_bytes())), "Send less.").unwrap();
        let (body, faults) = fields(object);
        (body, faults.into_iter().collect())
    }

    #[test]
    fn all_wrong_fields_are_named_in_one_answer() {
        let (body, faults) = read(
            r#"{"title": 3, "titel": "x", "max_uses": 1.5, "access": "both", "password": 12345, "expires": null,
                "target": {"kind": "asset", "ID": "x"}, "options": {"original": "yes"}, "attributes": {"st": 1}}"#,
        );
        let mut fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "access",
                "attributes",
                "max_uses",
                "options.original",
                "password",
                "target.ID",
                "titel",
                "title"
            ]
        );
        let message = |name: &str| &faults.iter().find(|fault| fault.field == name).unwrap().message;
        assert!(!message("password").contains("12345"));
        assert_eq!(message("max_uses"), "Invalid type: floating point `1.5`, expected a whole number.");
        assert!(message("titel").starts_with("Unknown field `titel`, expected one of `target`, `title`"));
        assert_eq!(body.expires, Given::Set(None), "valid fields are kept");
        assert_eq!(body.title, Given::Absent);
    }

    #[test]
    fn only_a_json_object_is_accepted() {
        let status = |text: &'static str| {
            object(Ok(Bytes::from_static(text.as_bytes())), "Send less.").unwrap_err().status()
        };
        assert_eq!(status(""), 400);
        assert_eq!(status("{"), 400);
        assert_eq!(status("[1]"), 422);
        assert_eq!(status("\"x\""), 422);
        assert_eq!(status(r#"{"password": "x", "password": null}"#), 422, "a name given twice");
    }

    #[test]
    fn a_list_is_not_read_as_an_object() {
        let (body, faults) =
            read(r#"{"options": [true], "target": ["asset", "x"], "attributes": ["Credit"]}"#);
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["options", "target"]);
        assert!(body.attributes != Given::Absent && body.target == Given::Absent);
    }

    #[test]
    fn a_document_names_its_first_fault() {
        let problem = document::<TargetBody>(Map::from_iter([("kind".to_owned(), 1.into())])).unwrap_err();
        assert_eq!(problem.fields(), ["kind"]);
        let long = "x".repeat(5_000);
        let (_, faults) = read(&format!("{{\"title\": [\"{long}\"], \"{long}\": 1}}"));
        assert!(faults.iter().all(|fault| fault.message.chars().count() <= 301));
    }
}
