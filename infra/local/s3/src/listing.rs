//! Lists keys with prefix, delimiter and pages, over stored objects and the linked folder.

use crate::error::Error;
use crate::linked::Walk;
use crate::rows::{self, Listed};
use crate::store::Store;

/// How many stored keys are read at once.
const BATCH: usize = 1000;

pub(crate) struct Query {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    /// The smallest key of the page.
    pub(crate) from: String,
    pub(crate) limit: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Listed>,
    /// The common beginnings of keys up to the delimiter, S3's `CommonPrefixes`.
    pub(crate) prefixes: Vec<String>,
    /// Where the next page starts, if there is one.
    pub(crate) next: Option<String>,
}

pub(crate) fn list(store: &Store, query: &Query) -> Result<Page, Error> {
    store.read(|conn| rows::require_bucket(conn, &query.bucket))?;
    let mut page = Page::default();
    if query.limit == 0 {
        return Ok(page);
    }
    let mut keys = Keys::new(store, query)?;
    let mut from = query.from.clone().max(query.prefix.clone());
    while let Some(found) = keys.next_from(&from)? {
        let Some(rest) = found.key.strip_prefix(&query.prefix) else { break };
        if page.objects.len() + page.prefixes.len() == query.limit {
            page.next = Some(found.key);
            break;
        }
        let rolled_up = query.delimiter.as_deref().and_then(|delimiter| {
            let end = rest.find(delimiter)? + delimiter.len();
            Some(format!("{}{}", query.prefix, &rest[..end]))
        });
        match rolled_up {
            None => {
                from = next_key(&found.key);
                page.objects.push(found);
            }
            Some(common) => {
                let past = first_key_after(&common);
                page.prefixes.push(common);
                match past {
                    Some(past) => from = past,
                    None => break,
                }
            }
        }
    }
    Ok(page)
}

/// The smallest key that is greater than this one.
pub(crate) fn next_key(key: &str) -> String {
    format!("{key}\0")
}

/// The smallest key that is greater than every key with this prefix, if there can be one.
fn first_key_after(prefix: &str) -> Option<String> {
    let mut past = prefix.to_owned();
    while let Some(last) = past.pop() {
        // UTF-8's bytes sort as code points do, and surrogates are no characters.
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            past.push(next);
            return Some(past);
        }
    }
    None
}

/// The stored keys and those of the linked folder, in one order.
struct Keys<'a> {
    store: &'a Store,
    query: &'a Query,
    stored: std::vec::IntoIter<Listed>,
    all_stored_read: bool,
    next_stored: Option<Listed>,
    walk: Option<Walk<'a>>,
    next_linked: Option<Listed>,
}

impl<'a> Keys<'a> {
    fn new(store: &'a Store, query: &'a Query) -> Result<Self, Error> {
        let linked = store.linked.as_ref();
        let walk = linked
            .filter(|linked| linked.covers_some_of(&query.bucket, &query.prefix))
            .map(|linked| linked.walk(&query.prefix))
            .transpose()?;
        Ok(Self {
            store,
            query,
            stored: Vec::new().into_iter(),
            all_stored_read: false,
            next_stored: None,
            walk,
            next_linked: None,
        })
    }

    fn next_from(&mut self, from: &str) -> Result<Option<Listed>, Error> {
        if self.next_stored.as_ref().is_none_or(|next| *next.key < *from) {
            self.next_stored = self.next_stored_from(from)?;
        }
        if let Some(walk) = &mut self.walk
            && self.next_linked.as_ref().is_none_or(|next| *next.key < *from)
        {
            self.next_linked = walk.next_from(from);
        }
        Ok(match (&self.next_stored, &self.next_linked) {
            (Some(stored), Some(linked)) if linked.key < stored.key => self.next_linked.take(),
            (None, _) => self.next_linked.take(),
            (Some(_), _) => self.next_stored.take(),
        })
    }

    /// The next stored key. Objects below the linked prefix, which were stored before the folder was linked, are hidden.
    fn next_stored_from(&mut self, from: &str) -> Result<Option<Listed>, Error> {
        let mut from = from.to_owned();
        loop {
            let Some(next) = self.stored.find(|next| next.key >= from) else {
                if self.all_stored_read {
                    return Ok(None);
                }
                let bucket = &self.query.bucket;
                let batch = self.store.read(|conn| Ok(rows::list_objects(conn, bucket, &from, BATCH)?))?;
                self.all_stored_read = batch.len() < BATCH;
                self.stored = batch.into_iter();
                continue;
            };
            let hidden =
                self.store.linked.as_ref().filter(|linked| linked.covers(&self.query.bucket, &next.key));
            match hidden {
                None => return Ok(Some(next)),
                Some(linked) => match first_key_after(linked.prefix()) {
                    Some(past) => from = past,
                    None => return Ok(None),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_after_a_prefix_has_not_that_prefix() {
        assert_eq!(first_key_after("a/").as_deref(), Some("a0"));
        assert_eq!(first_key_after("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(first_key_after("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(first_key_after("\u{10ffff}"), None);
        assert_eq!(first_key_after(""), None);
    }
}
