//! Rows of users.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, Update};
use domain::id::UserId;
use domain::name::fold_name;
use domain::user::User;
use jiff::Timestamp;

use crate::error::{is_refused_condition, was_done};
use crate::rows::indexes::GSI1;
use crate::rows::table::{Cursor, IndexQuery, Item, Key, Page, from_item, number, string, text, to_item};
use crate::{Cloud, Error};

/// The partition of users in the first index, by name.
const OF_SITE: &str = "USERS";
/// The condition that an account has a row and is not deleted.
const EXISTS: &str = "attribute_exists(pk) AND attribute_not_exists(deleted_at)";

/// The condition that an account is enabled and belongs to a person.
const CAN_BE_DISABLED: &str =
    "enabled = :yes AND (attribute_not_exists(service_account) OR service_account = :no)";
/// The same, but not for accounts of a restored table: the new stack may have another user pool, which lacks them.
const CAN_BE_MISSING: &str = "enabled = :yes AND (attribute_not_exists(service_account) OR service_account = :no) \
                            AND attribute_not_exists(restored)";

/// The state of a user at the identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderState {
    /// They may sign in.
    Enabled,
    /// They may not.
    Disabled,
    /// The provider has no such user.
    Missing,
}

pub(crate) fn partition_key(id: &UserId) -> String {
    format!("USER#{id}")
}

pub(crate) fn key(id: &UserId) -> Key {
    Key::new(partition_key(id), "USER")
}

/// Reads a user's row; `None` for a deleted account, whose row is kept.
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
    /// Records the user of a verified token (`seen`), and returns them as they are now.
    ///
    /// Name, mail address and level are those of the token, and the row is changed to them. `enabled` and
    /// `service_account` are those of the row, so that a token from before an account was disabled is of no use. A
    /// deleted account stays disabled, even if its user signs in again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn record(self, seen: User) -> Result<User, Error> {
        let doing = "record a user";
        let key = key(&seen.id);
        let row = match self.0.rows().get_item("read a user", &key).await? {
            Some(row) => row,
            None => {
                let mut item = to_item(doing, &seen)?;
                item.extend(key.item());
                GSI1.insert(&mut item, OF_SITE, title_key(&seen));
                let put = self
                    .0
                    .dynamodb()
                    .put_item()
                    .table_name(self.0.table())
                    .set_item(Some(item))
                    .condition_expression("attribute_not_exists(pk)")
                    .send()
                    .await;
                if was_done(doing, put)? {
                    return Ok(seen);
                }
                // Another request recorded the user first.
                match self.0.rows().get_item("read a user", &key).await? {
                    Some(row) => row,
                    None => return Err(Error::broken(doing, "the row disappeared")),
                }
            }
        };
        // Rows that older versions wrote lack the attributes of the index.
        let is_listed = text(&row, GSI1.pk) == Some(OF_SITE);
        let Some(recorded) = read(row)? else { return Ok(User { enabled: false, ..seen }) };
        let user = User { enabled: recorded.enabled, service_account: recorded.service_account, ..seen };
        if user == recorded && is_listed {
            return Ok(user);
        }
        let level = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(user.level)
            .map_err(|cause| Error::broken(doing, cause))?;
        let change = "SET #name = :name, email = :email, #level = :level, gsi1pk = :site, gsi1sk = :title";
        let update = self
            .change(&user.id, change)
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#level", "level")
            .expression_attribute_values(":name", string(&user.name))
            .expression_attribute_values(":email", string(&user.email))
            .expression_attribute_values(":level", level)
            .expression_attribute_values(":site", string(OF_SITE))
            .expression_attribute_values(":title", string(title_key(&user)));
        Ok(match send_change(doing, update).await? {
            Some(_) => user,
            // The account was deleted after the row was read.
            None => User { enabled: false, ..user },
        })
    }

    /// Reads users by their ids, in the same order; `None` for deleted ones.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_many(self, ids: &[UserId]) -> Result<Vec<Option<User>>, Error> {
        let keys: Vec<Key> = ids.iter().map(key).collect();
        let items = self.0.rows().get_items("read users", &keys).await?;
        items.into_iter().map(|item| Ok(item.map(read).transpose()?.flatten())).collect()
    }

    /// Reads a page of the site's users by name, without deleted ones. A user is listed after their first request, with
    /// the delay of the index.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(self, after: Option<&Cursor>, limit: usize) -> Result<Page<User>, Error> {
        let doing = "list users";
        let query = IndexQuery {
            index: GSI1,
            partition: OF_SITE,
            begins: "",
            ascending: true,
            after: after.map(|cursor| cursor.0.as_str()),
            limit,
        };
        let page = self.0.rows().query_page(doing, query).await?;
        let keys: Vec<Key> = page.items.iter().map(|(_, row)| Key::of(row)).collect();
        let rows = self.0.rows().get_items(doing, &keys).await?;
        let users: Vec<Option<User>> = rows.into_iter().flatten().map(read).collect::<Result<_, _>>()?;
        Ok(Page { items: users.into_iter().flatten().collect(), next: page.next })
    }

    /// Enables or disables a user's account for an administrator of the site, and returns the user as they are now;
    /// `None` if there is no such account. While it is disabled, nobody can open their links.
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
            // Only an administrator of the site can undo it, not the identity provider.
            change = change.expression_attribute_values(":site", string("site"));
        }
        let row = send_change("enable or disable a user", change).await?;
        row.map(read).transpose().map(Option::flatten)
    }

    /// Changes an account to its state at the identity provider; `false` if nothing had to change. An account that the
    /// site disabled stays disabled, and service accounts are left out, because no provider knows them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn apply_provider_state(self, id: &UserId, state: ProviderState) -> Result<bool, Error> {
        let (change, condition) = match state {
            ProviderState::Enabled => ("SET enabled = :yes REMOVE disabled_by", "disabled_by = :provider"),
            ProviderState::Disabled => ("SET enabled = :no, disabled_by = :provider", CAN_BE_DISABLED),
            ProviderState::Missing => ("SET enabled = :no, disabled_by = :provider", CAN_BE_MISSING),
        };
        let mut change = self
            .change(id, change)
            .condition_expression(format!("{EXISTS} AND {condition}"))
            .expression_attribute_values(":provider", string("provider"))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        if state != ProviderState::Enabled {
            change = change.expression_attribute_values(":no", AttributeValue::Bool(false));
        }
        Ok(send_change("apply the identity provider's state to a user", change).await?.is_some())
    }

    /// Deletes a user's account; `false` if there is none. The row is kept without personal data, because the provider
    /// may sign the same person in again, and that must not create the account again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(self, id: &UserId, now: Timestamp) -> Result<bool, Error> {
        let doing = "delete a user";
        let delete = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(key(id).item()))
            .update_expression("SET enabled = :no, deleted_at = :now REMOVE #name, email, gsi1pk, gsi1sk")
            .condition_expression(EXISTS)
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
            .condition_expression(EXISTS)
            .return_values(ReturnValue::AllNew)
    }
}

/// Sends an update. Returns the changed row, or `None` if the condition failed.
async fn send_change(doing: &'static str, update: UpdateItemFluentBuilder) -> Result<Option<Item>, Error> {
    match update.send().await {
        Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
        Err(e) if is_refused_condition(&e) => Ok(None),
        Err(e) => Err(Error::sdk(doing, e)),
    }
}
