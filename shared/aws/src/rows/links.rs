//! Creates, reads, edits and deletes links.
//!
//! The secret of a link is a row in a partition of its own, so that IAM can allow it to few functions. Functions for
//! recipients do not need it: they find a link by the hash of the secret in the URL.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use domain::id::LinkId;
use domain::link::Link;
use domain::name::fold_name;
use domain::set::Set;
use domain::token::LinkToken;
use jiff::Timestamp;

use crate::rows::indexes::{CARD, GSI1, GSI2, GSI3, GSI4, shard, sweep_keys};
pub(crate) use crate::rows::link_keys::{key, partition_key, token_key};
use crate::rows::table::{Item, Key, from_item, number, string, to_item};
use crate::rows::uses::{OWNER_WAITS, Used, used_key};
use crate::{Cloud, Error};

/// A link with its secret, for its owner.
#[derive(Debug, Clone)]
pub struct OwnedLink {
    /// The link.
    pub link: Link,
    /// The secret of its URL.
    pub token: LinkToken,
}

/// The outcome of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// The link was written.
    Done,
    /// Another request has written or deleted the link since it was read. Read it again.
    Outdated,
}

pub(crate) fn made_key(link: &Link) -> String {
    format!("{:016}#{}", link.created.as_millisecond(), link.id)
}

pub(crate) fn title_key(link: &Link) -> String {
    format!("{}\u{1}{}", fold_name(&link.terms.title), link.id)
}

/// The attributes that no edit writes: keys, and those that never change.
const KEPT: [&str; 7] = ["pk", "sk", "id", GSI2.pk, GSI2.sk, "target", "created"];

/// The attributes that an edit removes: the old row has them, and the new one does not.
fn removed_attributes<'a>(before: &'a Item, now: &Item) -> Vec<&'a str> {
    let names = before.keys().map(String::as_str);
    names.filter(|name| !KEPT.contains(name) && !now.contains_key(*name)).collect()
}

fn row(link: &Link) -> Result<Item, Error> {
    let mut item = to_item("write a link", link)?;
    // Terms without a value are left out, because conditions test whether an attribute exists.
    item.retain(|_, value| !value.is_null());
    item.extend(key(&link.id).item());
    let owner = format!("OWNER#{}", link.owner);
    GSI1.insert(&mut item, &owner, made_key(link));
    GSI2.insert(&mut item, format!("LINKS#{}", shard(link.id.as_str())), made_key(link));
    GSI4.insert(&mut item, owner, title_key(link));
    // All links of the site by title are sorted in memory.
    item.insert(CARD.into(), AttributeValue::B(Blob::new(title_key(link))));
    if let Some(end) = link.terms.expires_at {
        item.extend(sweep_keys(end, link.id.as_str()));
    }
    Ok(item)
}

/// Reads a link from its row, and adds its uses.
pub(crate) fn read(link: Item, used: Used) -> Result<Link, Error> {
    let link: Link = from_item("read a link", link)?;
    Ok(Link { used: used.used, ..link })
}

/// The keys of the rows that [`read_owned`] needs: the link, its uses, its secret.
pub(crate) fn owned_keys(id: &LinkId) -> [Key; 3] {
    [key(id), used_key(id), token_key(id)]
}

/// Reads a link and its secret from the rows of [`owned_keys`]. A link without a secret is being deleted.
pub(crate) fn read_owned([link, used, token]: [Option<Item>; 3]) -> Result<Option<OwnedLink>, Error> {
    let (Some(link), Some(token)) = (link, token) else { return Ok(None) };
    Ok(Some(OwnedLink { link: read(link, Used::read(used)?)?, token: read_token(token)? }))
}

fn read_token(mut item: Item) -> Result<LinkToken, Error> {
    let doing = "read a link's secret";
    let token = item.remove("token").ok_or_else(|| Error::broken(doing, "the row has none"))?;
    serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value(token).map_err(|cause| Error::broken(doing, cause))
}

/// Links' rows and their secrets.
#[derive(Clone, Copy)]
pub struct Links<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Links' rows and their secrets.
    pub fn links(&self) -> Links<'_> {
        Links(self)
    }
}

impl Links<'_> {
    /// Creates a link. The list of a selection must exist before, so that no link is without one; the same transaction
    /// takes it out of the sweep's index.
    ///
    /// # Errors
    /// When the store fails; then nothing is written.
    pub async fn create(self, owned: &OwnedLink) -> Result<(), Error> {
        let doing = "create a link";
        let mut secret = token_key(&owned.link.id).item();
        secret.insert("token".into(), string(owned.token.reveal()));
        let secret = Put::builder().table_name(self.0.table()).set_item(Some(secret)).build();
        let secret = secret.map_err(|e| Error::broken(doing, e))?;
        let mut writes = vec![
            self.0.rows().new_row(doing, row(&owned.link)?)?,
            self.0.rows().new_row(doing, Used::of(&owned.link).row(&owned.link.id)?)?,
            TransactWriteItem::builder().put(secret).build(),
        ];
        if let Set::List(list) = owned.link.set() {
            let release = Update::builder()
                .table_name(self.0.table())
                .set_key(Some(crate::rows::lists::head_key(&list).item()))
                .update_expression(format!("REMOVE {}, {}", GSI3.pk, GSI3.sk))
                .condition_expression("attribute_exists(pk) AND attribute_not_exists(deleting)")
                .build()
                .map_err(|e| Error::broken(doing, e))?;
            writes.push(TransactWriteItem::builder().update(release).build());
        }
        self.0
            .rows()
            .write_together(doing, writes)
            .await?
            .map_err(|_| Error::broken(doing, "a condition failed"))
    }

    /// One link with its secret.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(self, id: &LinkId) -> Result<Option<OwnedLink>, Error> {
        let mut rows =
            self.0.rows().get_items("read a link and its secret", &owned_keys(id)).await?.into_iter();
        read_owned(std::array::from_fn(|_| rows.next().flatten()))
    }

    /// Adds the secrets to links. Keeps their order, and leaves out links that have been deleted since they were read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn add_secrets(self, links: Vec<Link>) -> Result<Vec<OwnedLink>, Error> {
        let keys: Vec<Key> = links.iter().map(|link| token_key(&link.id)).collect();
        let tokens = self.0.rows().get_items("read links' secrets", &keys).await?;
        let owned = links.into_iter().zip(tokens).filter_map(|(link, token)| Some((link, token?)));
        owned.map(|(link, token)| Ok(OwnedLink { link, token: read_token(token)? })).collect()
    }

    /// Writes an edited link if its row still has the revision of `was`, then brings the row of its uses to the new
    /// revision.
    ///
    /// # Errors
    /// When the store fails. The edit may be written then; the next opener brings the uses to the new revision.
    pub async fn edit(self, was: &Link, edited: &Link) -> Result<Edited, Error> {
        let doing = "edit a link";
        let mut now = row(edited)?;
        let before = row(was)?;
        now.retain(|name, _| !KEPT.contains(&name.as_str()));
        let mut update = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key(&was.id).item()))
            .condition_expression("#revision = :was")
            .expression_attribute_values(":was", number(was.revision));
        let (mut sets, mut removes) = (Vec::new(), Vec::new());
        for (n, (name, value)) in now.iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#s{n}"), name)
                .expression_attribute_values(format!(":s{n}"), value.clone());
            sets.push(format!("#s{n} = :s{n}"));
        }
        for (n, name) in removed_attributes(&before, &now).into_iter().enumerate() {
            update = update.expression_attribute_names(format!("#r{n}"), name);
            removes.push(format!("#r{n}"));
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression.push_str(&format!(" REMOVE {}", removes.join(", ")));
        }
        let update = update
            .update_expression(expression)
            .expression_attribute_names("#revision", "revision")
            .build()
            .map_err(|e| Error::broken(doing, e))?;
        if self.0.rows().write_alone(doing, update).await?.is_err() {
            return Ok(Edited::Outdated);
        }
        // Done before the answer, so that nobody opens the link on its old terms afterwards. Only if openings keep the row
        // of its uses busy, one that has begun before may still spend a use; the link's own row judges what it may see.
        self.0.rows().bring_uses_to(edited, OWNER_WAITS).await?;
        Ok(Edited::Done)
    }

    /// Deletes a link. It can't be opened from then on; a marker in the sweep's index makes the sweep delete its visits,
    /// bundles and selection, and try again if that fails.
    ///
    /// # Errors
    /// When the store fails. The link is then deleted or unchanged.
    pub async fn delete(self, link: &Link, now: Timestamp) -> Result<(), Error> {
        let doing = "delete a link";
        let delete = |key: Key| {
            let delete = Delete::builder().table_name(self.0.table()).set_key(Some(key.item())).build();
            delete.map_err(|e| Error::broken(doing, e))
        };
        let mut marker = Key::new(partition_key(&link.id), "DELETED").item();
        marker.insert("id".into(), string(link.id.as_str()));
        marker.extend(sweep_keys(now, link.id.as_str()));
        let marker = Put::builder().table_name(self.0.table()).set_item(Some(marker)).build();
        let marker = marker.map_err(|e| Error::broken(doing, e))?;
        let writes = vec![
            TransactWriteItem::builder().delete(delete(key(&link.id))?).build(),
            TransactWriteItem::builder().delete(delete(token_key(&link.id))?).build(),
            TransactWriteItem::builder().put(marker).build(),
        ];
        self.0
            .rows()
            .write_together(doing, writes)
            .await?
            .map_err(|_| Error::broken(doing, "a condition failed"))?;
        self.0.rows().delete_uses(&link.id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_removes_terms_without_a_value_and_keeps_the_fixed_attributes() {
        let item = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), string("x"))).collect();
        let before: Item = item(&["pk", "sk", "id", "target", "title", "expires", "a_term_of_tomorrow"]);
        let now: Item = item(&["title"]);
        let mut gone = removed_attributes(&before, &now);
        gone.sort_unstable();
        assert_eq!(gone, ["a_term_of_tomorrow", "expires"]);
    }
}
