//! Users as the site remembers them.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, Update};
use domain::asset::fold_name;
use domain::id::UserId;
use domain::user::User;
use jiff::Timestamp;

use crate::error::is_refused_condition;
use crate::rows::table::{Along, Cursor, Item, Key, Page, from_item, number, string, text, to_item};
use crate::{Cloud, Error};

/// Where the index of the site's things by name has its users.
const OF_SITE: &str = "USERS";
/// An account's row is still there, and still the one that was not deleted.
const STANDS: &str = "attribute_exists(pk) AND attribute_not_exists(deleted_at)";

/// A live account of a person.
const FOLLOWS: &str = "enabled = :yes AND (attribute_not_exists(service_account) OR service_account = :no)";
/// The same, unless a restore brought it here: then the pool it was in may be another one.
const FOLLOWS_GONE: &str = "enabled = :yes AND (attribute_not_exists(service_account) OR service_account = :no) \
                            AND attribute_not_exists(restored)";

/// What an identity provider says of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They may sign in.
    Enabled,
    /// They may not.
    Disabled,
    /// There is no such user.
    Gone,
}

pub(crate) fn partition(id: &UserId) -> String {
    format!("USER#{id}")
}

pub(crate) fn key(id: &UserId) -> Key {
    Key::new(partition(id), "USER")
}

/// A user's row; `None` for an account that was deleted, whose row says so for good.
pub(crate) fn read(item: Item) -> Result<Option<User>, Error> {
    if is_deleted(&item) { Ok(None) } else { from_item("read a user", item).map(Some) }
}

fn is_deleted(item: &Item) -> bool {
    item.contains_key("deleted_at")
}

fn title_key(user: &User) -> String {
    format!("{}\u{1}{}", fold_name(&user.name), user.id)
}

/// Users' rows.
#[derive(Clone, Copy)]
pub struct Users<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Users' rows.
    pub fn users(&self) -> Users<'_> {
        Users(self)
    }
}

impl Users<'_> {
    /// The user of a verified token (`seen`), remembered at first sight.
    ///
    /// The identity provider has the last word on who somebody is: name, mail address and level are the token's,
    /// and the row follows them. The site has the last word on whether the account is live: `enabled` and
    /// `service_account` are the row's, so that a token issued before an account was disabled opens nothing. An
    /// account that was deleted stays disabled, whoever signs in to it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remember(self, seen: User) -> Result<User, Error> {
        let doing = "remember a user";
        let key = key(&seen.id);
        let row = match self.0.rows().get_item("read a user", &key).await? {
            Some(row) => row,
            None => {
                let mut item = to_item(doing, &seen)?;
                item.extend(key.item());
                item.insert("site_shard".into(), string(OF_SITE));
                item.insert("title_key".into(), string(title_key(&seen)));
                let put = self
                    .0
                    .dynamodb()
                    .put_item()
                    .table_name(self.0.table())
                    .set_item(Some(item))
                    .condition_expression("attribute_not_exists(pk)")
                    .send()
                    .await;
                match put {
                    Ok(_) => return Ok(seen),
                    Err(e) if is_refused_condition(&e) => {}
                    Err(e) => return Err(Error::sdk(doing, e)),
                }
                // Another request remembered them first.
                match self.0.rows().get_item("read a user", &key).await? {
                    Some(row) => row,
                    None => return Err(Error::broken(doing, "the row was there and is gone")),
                }
            }
        };
        // Rows that are older than the list of users are not in its index yet.
        let is_listed = text(&row, "site_shard") == Some(OF_SITE);
        let Some(remembered) = read(row)? else { return Ok(User { enabled: false, ..seen }) };
        let user = User { enabled: remembered.enabled, service_account: remembered.service_account, ..seen };
        if user == remembered && is_listed {
            return Ok(user);
        }
        let level = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(user.level)
            .map_err(|cause| Error::broken(doing, cause))?;
        let change =
            "SET #name = :name, email = :email, #level = :level, site_shard = :site, title_key = :title";
        let followed = self
            .change(&user.id, change)
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#level", "level")
            .expression_attribute_values(":name", string(&user.name))
            .expression_attribute_values(":email", string(&user.email))
            .expression_attribute_values(":level", level)
            .expression_attribute_values(":site", string(OF_SITE))
            .expression_attribute_values(":title", string(title_key(&user)));
        Ok(match changed(doing, followed).await? {
            Some(_) => user,
            // It was deleted at this very moment.
            None => User { enabled: false, ..user },
        })
    }

    /// Users by their ids, in the same order; `None` for those who are gone. At most 100 at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_many(self, ids: &[UserId]) -> Result<Vec<Option<User>>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<Key> = ids.iter().map(key).collect();
        let items = self.0.rows().get_items("read users", &keys).await?;
        items.into_iter().map(|item| Ok(item.map(read).transpose()?.flatten())).collect()
    }

    /// A page of the site's users by name, without those who were deleted. Somebody is in it from their first request
    /// on; the index may lag a moment.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(self, after: Option<&Cursor>, limit: usize) -> Result<Page<User>, Error> {
        let doing = "list users";
        let along = Along {
            index: "of_site_title",
            partition: ("site_shard", OF_SITE),
            sort: "title_key",
            ascending: true,
            after: after.map(|cursor| cursor.0.as_str()),
            limit: limit + 1,
        };
        let mut rows = self.0.rows().query(doing, &along).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more).and_then(|row| text(row, "title_key"));
        let next = last.map(|key| Cursor(key.to_owned()));
        let users: Vec<Option<User>> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page { items: users.into_iter().flatten().collect(), next })
    }

    /// Enables or disables a user's account on the word of the site's own administrator, and gives it as it is now;
    /// `None` where there is no such account, or no longer. Their links open no more while it is disabled.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_enabled(self, id: &UserId, enabled: bool) -> Result<Option<User>, Error> {
        let mut change = self
            .change(
                id,
                if enabled {
                    "SET enabled = :enabled REMOVE disabled_by"
                } else {
                    "SET enabled = :enabled, disabled_by = :site"
                },
            )
            .expression_attribute_values(":enabled", AttributeValue::Bool(enabled));
        if !enabled {
            // The identity provider does not undo it.
            change = change.expression_attribute_values(":site", string("site"));
        }
        let row = changed("enable or disable a user", change).await?;
        row.map(read).transpose().map(Option::flatten)
    }

    /// Lets an account follow what its identity provider says of it; `false` where nothing is to change. Whom the site
    /// disabled stays disabled, and whom nobody can be, a service account, is nobody the provider knows.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn follow(self, id: &UserId, standing: Standing) -> Result<bool, Error> {
        let (change, unless) = match standing {
            Standing::Enabled => ("SET enabled = :yes REMOVE disabled_by", "disabled_by = :provider"),
            Standing::Disabled => ("SET enabled = :no, disabled_by = :provider", FOLLOWS),
            Standing::Gone => ("SET enabled = :no, disabled_by = :provider", FOLLOWS_GONE),
        };
        let mut change = self
            .change(id, change)
            .condition_expression(format!("{STANDS} AND {unless}"))
            .expression_attribute_values(":provider", string("provider"))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        if standing != Standing::Enabled {
            change = change.expression_attribute_values(":no", AttributeValue::Bool(false));
        }
        Ok(changed("let a user follow the identity provider", change).await?.is_some())
    }

    /// Deletes a user's account for good; `false` where there is none. What stays is that this id had one: a provider
    /// may sign the same person in again, which must not bring it back.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(self, id: &UserId, now: Timestamp) -> Result<bool, Error> {
        let doing = "delete a user";
        let delete = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key(id).item()))
            .update_expression(
                "SET enabled = :no, deleted_at = :now REMOVE #name, email, site_shard, title_key",
            )
            .condition_expression(STANDS)
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .build()
            .map_err(|e| Error::broken(doing, e))?;
        Ok(self.0.rows().write_alone(doing, delete).await?.is_ok())
    }

    fn change(self, id: &UserId, change: &str) -> UpdateItemFluentBuilder {
        self.0
            .dynamodb()
            .update_item()
            .table_name(self.0.table())
            .set_key(Some(key(id).item()))
            .update_expression(change)
            .condition_expression(STANDS)
            .return_values(ReturnValue::AllNew)
    }
}

/// The row as an update left it; `None` where its condition refused.
async fn changed(doing: &'static str, update: UpdateItemFluentBuilder) -> Result<Option<Item>, Error> {
    match update.send().await {
        Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
        Err(e) if is_refused_condition(&e) => Ok(None),
        Err(e) => Err(Error::sdk(doing, e)),
    }
}
