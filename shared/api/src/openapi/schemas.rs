//! Rules of all schemas that derived ones lack.

use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Object, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// Adds these rules to a derived schema.
pub(super) fn finish(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            if !is_closed(object) {
                require_what_may_be_null(object);
            }
            name_words(object);
            object.properties.values_mut().for_each(|property| match property {
                RefOr::T(Schema::Object(property)) => name_words(property),
                RefOr::T(Schema::Array(array)) => {
                    if let ArrayItems::RefOrSchema(items) = &mut array.items
                        && let RefOr::T(Schema::Object(item)) = &mut **items
                    {
                        name_words(item);
                    }
                }
                _ => {}
            });
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(finish),
        Schema::OneOf(one) => one.items.iter_mut().for_each(|item| {
            // serde refuses unknown fields of an enum's variants, and the derived schema does not say so.
            if let RefOr::T(Schema::Object(object)) = item
                && !object.properties.is_empty()
            {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }),
        _ => {}
    }
}

/// Whether it allows no other fields. That is so for request bodies.
fn is_closed(object: &Object) -> bool {
    matches!(object.additional_properties.as_deref(), Some(AdditionalProperties::FreeForm(false)))
}

/// Marks fields that may be null as required: answers contain null instead of leaving a field out.
fn require_what_may_be_null(object: &mut Object) {
    for (name, property) in &object.properties {
        if may_be_null(property) && !object.required.contains(name) {
            object.required.push(name.clone());
        }
    }
}

fn may_be_null(schema: &RefOr<Schema>) -> bool {
    let has_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => false,
    };
    match schema {
        RefOr::T(Schema::Object(object)) => has_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => has_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(may_be_null),
        _ => false,
    }
}

/// Replaces a pattern that lists words, such as `^(queued|sent)$`, by an enum.
fn name_words(object: &mut Object) {
    let words = object.pattern.as_deref().and_then(|pattern| {
        let inner = pattern.strip_prefix('^')?.strip_suffix('$')?;
        let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
        let words: Vec<_> = inner.split('|').collect();
        let is_word = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        words.iter().all(is_word).then(|| words.into_iter().map(Into::into).collect())
    });
    if let Some(words) = words {
        object.enum_values = Some(words);
        object.pattern = None;
    }
}
