//! Rows as they are in the table, without the code of `aws`.

use serde_json::{Value, json};

use crate::Stores;

impl Stores {
    /// Writes a row, given as attributes with their types: `{"pk": {"S": "USER#carl"}, …}`.
    pub fn put_row(&self, row: Value) {
        let put = json!({"TableName": self.table(), "Item": row});
        self.rows.put_item(serde_json::from_value(put).unwrap()).unwrap();
    }

    /// Deletes a row.
    pub fn delete_row(&self, pk: &str, sk: &str) {
        let delete = json!({"TableName": self.table(), "Key": {"pk": {"S": pk}, "sk": {"S": sk}}});
        self.rows.delete_item(serde_json::from_value(delete).unwrap()).unwrap();
    }

    /// All rows, with the types of their attributes.
    pub fn rows(&self) -> Vec<Value> {
        let scan = serde_json::from_value(json!({"TableName": self.table()})).unwrap();
        let rows = serde_json::to_value(self.rows.scan(scan).unwrap()).unwrap();
        rows["Items"].as_array().unwrap().clone()
    }

    /// The sort keys of a partition's rows.
    pub fn sort_keys(&self, pk: &str) -> Vec<String> {
        let rows = self.rows();
        let of_partition = rows.iter().filter(|row| row["pk"]["S"] == pk);
        of_partition.map(|row| row["sk"]["S"].as_str().unwrap().to_owned()).collect()
    }

    fn table(&self) -> &str {
        &self.cloud.settings().table
    }
}
