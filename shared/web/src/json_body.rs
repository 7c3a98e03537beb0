//! JSON bodies in which no object has a name twice: of two passwords, a usual parser silently keeps one, and the sender
//! would not know which.

use std::fmt;

use domain::field_error::FieldError;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

use crate::problem::{MAX_ERRORS, Problem};

/// Parses a body as JSON without repeated names.
///
/// # Errors
/// 400 if it is not JSON; 422 with the path of each repeated name.
pub fn read(body: &[u8]) -> Result<Value, Problem> {
    let mut repeated = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(body);
    let seed = Place { path: &Path::Body, repeated: &mut repeated };
    let value = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    match value {
        Ok(value) if repeated.is_empty() => Ok(value),
        Ok(_) => Err(Problem::unprocessable(repeated)),
        Err(error) if error.classify() == Category::Data => {
            Err(Problem::unprocessable([FieldError::new("", format!("{error}."))]))
        }
        Err(error) => Err(Problem::bad_request(format!("The body is not JSON: {error}."))),
    }
}

/// Parses a body as a JSON object without repeated names. A list is refused here, because serde would read it as the
/// fields of a struct in their order.
///
/// # Errors
/// As [`read`], and 422 for JSON that is not an object.
pub fn read_object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match read(body)? {
        Value::Object(object) => Ok(object),
        _ => Err(Problem::unprocessable([FieldError::new("", "Send a JSON object.")])),
    }
}

/// The path of a value in the body.
enum Path<'a> {
    Body,
    Name(&'a Path<'a>, &'a str),
    At(&'a Path<'a>, usize),
}

/// As serde_path_to_error writes it: `options.views[1]`.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Body => Ok(()),
            Path::Name(Path::Body, name) => f.write_str(name),
            Path::Name(within, name) => write!(f, "{within}.{name}"),
            Path::At(within, index) => write!(f, "{within}[{index}]"),
        }
    }
}

/// One value that is being read, and the repeated names found so far.
struct Place<'a> {
    path: &'a Path<'a>,
    repeated: &'a mut Vec<FieldError>,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is too large"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let path = Path::At(self.path, list.len());
            match items.next_element_seed(Place { path: &path, repeated: self.repeated })? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let path = Path::Name(self.path, &name);
            if object.contains_key(&name) && self.repeated.len() <= MAX_ERRORS {
                self.repeated
                    .push(FieldError::new(path.to_string(), "This name is given twice. Give it once."));
            }
            let value = entries.next_value_seed(Place { path: &path, repeated: self.repeated })?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_is_read_as_an_object() {
        assert_eq!(read_object(br#"{"a": 1}"#).unwrap().len(), 1);
        for body in [&br#"["all", ["original"], []]"#[..], b"\"all\"", b"1", b"null"] {
            assert_eq!(read_object(body).unwrap_err().status(), http::StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(read_object(b"{").unwrap_err().status(), http::StatusCode::BAD_REQUEST);
    }

    fn fields_in_error(body: &str) -> Vec<String> {
        let problem = read(body.as_bytes()).unwrap_err();
        assert_eq!(problem.status(), 422, "{body}");
        problem.fields().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_repeated_name_is_refused_at_any_depth_and_its_path_is_named() {
        assert_eq!(fields_in_error(r#"{"password": "x", "title": "t", "password": null}"#), ["password"]);
        assert_eq!(
            fields_in_error(r#"{"options": {"original": true, "original": false}}"#),
            ["options.original"]
        );
        assert_eq!(fields_in_error(r#"{"a": [{"b": 1}, {"c": 1, "c": 1}], "a": 2}"#), ["a[1].c", "a"]);
        assert_eq!(fields_in_error(r#"[{"a": 1, "a": 1}]"#), ["[0].a"]);
        // Also if the second is written with escapes.
        assert_eq!(fields_in_error(r#"{"title": 1, "\u0074itle": 2}"#), ["title"]);
        assert!(read(br#"{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}"#).is_ok());
    }

    #[test]
    fn values_are_read_unchanged() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"é\u0000"],"b":{"c":{}}}"#;
        assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        for bad in ["", "{", "{}{}", "{\"a\": }", "\u{feff}{}", "{\"a\": 1e999}"] {
            assert!([400, 422].contains(&read(bad.as_bytes()).unwrap_err().status().as_u16()), "{bad}");
        }
        assert_eq!(read(&[vec![b'['; 100_000], vec![b']'; 100_000]].concat()).unwrap_err().status(), 400);
    }

    #[test]
    fn very_many_repeated_names_get_a_short_answer() {
        let body = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(100_000));
        assert_eq!(read(body.as_bytes()).unwrap_err().fields().len(), MAX_ERRORS);
    }
}
