//! Rows that are to be deleted, in pages of their keys.

use crate::Error;
use crate::rows::indexes::GSI3;
use crate::rows::table::{Item, Rows, string};

/// The most rows in a page of [`KeysBelow`].
const KEYS: i32 = 100;

/// Pages of rows of a partition, read consistently. They have only the attributes `pk`, `sk` and the key of the end.
pub(crate) struct KeysBelow<'a> {
    rows: Rows<'a>,
    doing: &'static str,
    pk: String,
    prefix: &'static str,
    /// The key to start after, which the first page does not have; `None` after the last page.
    next: Option<Option<Item>>,
}

impl KeysBelow<'_> {
    /// Reads the next page, which may be empty; `None` after the last. The rows of earlier pages may be deleted by
    /// then.
    pub(crate) async fn next_page(&mut self) -> Result<Option<Vec<Item>>, Error> {
        let Some(start) = self.next.take() else { return Ok(None) };
        let cloud = self.rows.0;
        let answer = cloud
            .dynamodb()
            .query()
            .table_name(cloud.table())
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", string(&self.pk))
            .expression_attribute_values(":prefix", string(self.prefix))
            .projection_expression(format!("pk, sk, {}", GSI3.sk))
            .consistent_read(true)
            .limit(KEYS)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|e| Error::sdk(self.doing, e))?;
        self.next = answer.last_evaluated_key.map(Some);
        Ok(Some(answer.items.unwrap_or_default()))
    }
}

impl<'a> Rows<'a> {
    /// The rows of a partition whose sort keys begin with `prefix`, to clear them up: pages of their keys and ends.
    pub(crate) fn keys_below(self, doing: &'static str, pk: &str, prefix: &'static str) -> KeysBelow<'a> {
        KeysBelow { rows: self, doing, pk: pk.to_owned(), prefix, next: Some(None) }
    }
}
