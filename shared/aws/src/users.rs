//! Users as the site remembers them.

use domain::user::User;

use crate::table::{Item, Key, from_item, to_item};
use crate::{Cloud, Error};

pub(crate) fn key(id: &str) -> Key {
    Key::new(format!("USER#{id}"), "USER")
}

pub(crate) fn read(item: Item) -> Result<User, Error> {
    from_item("read a user", item)
}

impl Cloud {
    /// The user of a verified token: as remembered, or remembered now as the token tells (`seen`).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn user(&self, seen: User) -> Result<User, Error> {
        let doing = "remember a user";
        let key = key(&seen.id);
        if let Some(item) = self.get_item("read a user", &key).await? {
            return read(item);
        }
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
        match put.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => Ok(seen),
            Err(refused) if refused.is_conditional_check_failed_exception() => {
                // Another request remembered them first.
                self.get_item("read a user", &key).await?.map_or(Ok(seen), read)
            }
            Err(e) => Err(Error::sdk(doing, e)),
        }
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
