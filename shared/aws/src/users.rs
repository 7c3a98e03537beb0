//! Users as the site remembers them.

use domain::user::User;

use crate::error::is_refused_condition;
use crate::table::{Item, Key, from_item, string, to_item};
use crate::{Cloud, Error};

pub(crate) fn partition(id: &str) -> String {
    format!("USER#{id}")
}

pub(crate) fn key(id: &str) -> Key {
    Key::new(partition(id), "USER")
}

pub(crate) fn read(item: Item) -> Result<User, Error> {
    from_item("read a user", item)
}

impl Cloud {
    /// The user of a verified token (`seen`), remembered at first sight.
    ///
    /// The identity provider has the last word on who somebody is: name, mail address and level are the token's,
    /// and the row follows them. The site has the last word on whether the account is live: `enabled` and
    /// `service_account` are the row's, so that a token issued before an account was disabled opens nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn user(&self, seen: User) -> Result<User, Error> {
        let doing = "remember a user";
        let key = key(&seen.id);
        let remembered = match self.get_item("read a user", &key).await? {
            Some(item) => read(item)?,
            None => {
                let mut item = to_item(doing, &seen)?;
                item.extend(key.item());
                let put = self
                    .dynamodb()
                    .put_item()
                    .table_name(self.table())
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
                match self.get_item("read a user", &key).await? {
                    Some(item) => read(item)?,
                    None => return Err(Error::broken(doing, "the row was there and is gone")),
                }
            }
        };
        let user = User { enabled: remembered.enabled, service_account: remembered.service_account, ..seen };
        if user != remembered {
            self.dynamodb()
                .update_item()
                .table_name(self.table())
                .set_key(Some(key.item()))
                .update_expression("SET #name = :name, email = :email, #level = :level")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#name", "name")
                .expression_attribute_names("#level", "level")
                .expression_attribute_values(":name", string(&user.name))
                .expression_attribute_values(":email", string(&user.email))
                .expression_attribute_values(
                    ":level",
                    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(user.level)
                        .map_err(|cause| Error::broken(doing, cause))?,
                )
                .send()
                .await
                .map_err(|e| Error::sdk(doing, e))?;
        }
        Ok(user)
    }

    /// Users by their ids, in the same order; `None` for those who are gone. At most 100 at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn users(&self, ids: &[String]) -> Result<Vec<Option<User>>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<Key> = ids.iter().map(|id| key(id)).collect();
        let items = self.get_items("read users", &keys).await?;
        items.into_iter().map(|item| item.map(read).transpose()).collect()
    }

    /// Enables or disables a user's account. Their links open no more while it is disabled.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_user_enabled(&self, id: &str, enabled: bool) -> Result<(), Error> {
        self.dynamodb()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key(id).item()))
            .update_expression("SET enabled = :enabled")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":enabled", aws_sdk_dynamodb::types::AttributeValue::Bool(enabled))
            .send()
            .await
            .map_err(|e| Error::sdk("enable or disable a user", e))?;
        Ok(())
    }
}
