//! The files of `events/`: events as AWS sends them, and the right answers.

use serde_json::{Value, json};

/// One file.
pub struct Sample {
    /// `FUNCTION.EVENT.json`.
    pub name: String,
    /// Its JSON.
    pub event: String,
}

/// All of them, in the order of their names.
pub fn all() -> Vec<Sample> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events");
    let mut samples: Vec<Sample> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            Sample { name, event: std::fs::read_to_string(file.path()).unwrap() }
        })
        .collect();
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    samples
}

impl Sample {
    /// The function that the event is for.
    pub fn function(&self) -> &str {
        self.name.split('.').next().unwrap()
    }

    /// Checks an answer. The samples name links and assets that do not exist.
    #[track_caller]
    pub fn is_answered_by(&self, answer: &Value) {
        let expected = match self.name.as_str() {
            "serve-app.shell.json"
            | "browse-library.folders.json"
            | "manage-links.list.json"
            | "administer-site.users.json" => json!(200),
            "manage-links.create.json" => json!(422),
            _ if answer.get("headers").is_some() => json!(404),
            _ => json!(null),
        };
        let Self { name, .. } = self;
        assert_eq!(answer.get("statusCode").unwrap_or(&Value::Null), &expected, "{name}: {answer}");
        let failed = answer.get("batchItemFailures").and_then(Value::as_array);
        assert!(failed.is_none_or(Vec::is_empty), "{name}: {answer}");
    }
}

/// A recipient's request as API Gateway sends it to a function; the body is a form.
pub fn request(method: &str, path: &str, form: Option<&str>) -> String {
    let request = stage::request(method, path).by_browser();
    let request = match form {
        Some(form) => request.sending("application/x-www-form-urlencoded", form),
        None => request,
    };
    request.event().to_string()
}
