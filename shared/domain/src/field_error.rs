//! Errors of single fields of a request, as text for the person who sent it.

use serde::Serialize;

/// A fault of one field and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The path of the field in the body, such as `options.presets`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// The faults of one request, collected so that one answer can list them all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: FieldError) {
        self.0.push(fault);
    }

    /// Adds a fault of `field`.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.push(FieldError::new(field, message));
    }

    /// Returns the value of a result, or adds its fault.
    pub fn take<T>(&mut self, result: Result<T, FieldError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(fault) => {
                self.push(fault);
                None
            }
        }
    }

    /// Returns the value of a result, or adds its faults.
    pub fn take_all<T>(&mut self, result: Result<T, impl IntoIterator<Item = FieldError>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(faults) => {
                self.0.extend(faults);
                None
            }
        }
    }

    /// Adds the faults of a document that is the field `name` of the body: for `target` the field `id` becomes
    /// `target.id`.
    pub fn add_under(&mut self, name: &str, faults: impl IntoIterator<Item = FieldError>) {
        self.0.extend(faults.into_iter().map(|FieldError { field, message }| FieldError {
            field: if field.is_empty() { name.to_owned() } else { format!("{name}.{field}") },
            message,
        }));
    }

    /// Whether the top-level field `name`, or a field in it, has a fault.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|fault| is_in(fault, name))
    }

    /// Removes the faults of the top-level field `name` and of the fields in it.
    pub fn forget(&mut self, name: &str) {
        self.0.retain(|fault| !is_in(fault, name));
    }

    /// Whether there are no faults.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_in(fault: &FieldError, name: &str) -> bool {
    fault.field.split(['.', '[']).next() == Some(name)
}

impl IntoIterator for Faults {
    type Item = FieldError;
    type IntoIter = std::vec::IntoIter<FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Extend<FieldError> for Faults {
    fn extend<I: IntoIterator<Item = FieldError>>(&mut self, faults: I) {
        self.0.extend(faults);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_belongs_to_its_top_level_field() {
        let mut faults = Faults::default();
        faults.add_under("target", [FieldError::new("id", "No asset has this id.")]);
        faults.add("views[1]", "No such view.");
        assert!(faults.has("target") && faults.has("views") && !faults.has("id"));
        faults.forget("target");
        let left: Vec<String> = faults.into_iter().map(|fault| fault.field).collect();
        assert_eq!(left, ["views[1]"]);
    }
}
