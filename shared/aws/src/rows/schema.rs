//! The table: its creation on one machine, and the version of its rows.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

use crate::Error;
use crate::rows::indexes::{INDEXES, Index, PROJECTED};
use crate::rows::table::{Key, Rows, number, number_of};

/// The version of the rows that this release reads and writes. A release that changes what rows mean has another one.
pub const SCHEMA: u32 = 2;

fn schema_key() -> Key {
    Key::new("SITE", "SCHEMA")
}

impl Rows<'_> {
    /// Notes in a new table that its rows are of [`SCHEMA`], and refuses a table of another one. Nothing is
    /// overwritten.
    ///
    /// # Errors
    /// When the table is of another schema, or the store fails.
    pub async fn require_schema(self) -> Result<(), Error> {
        let doing = "read which release made the table";
        let mut row = self.get_items(doing, &[schema_key()]).await?.pop().flatten();
        if row.is_none() {
            let mut new = schema_key().item();
            new.insert("schema".into(), number(SCHEMA));
            let new = self.new_row(doing, new.clone())?;
            if self.write_together(doing, vec![new]).await?.is_ok() {
                return Ok(());
            }
            row = self.get_items(doing, &[schema_key()]).await?.pop().flatten();
        }
        match row.as_ref().and_then(|row| number_of::<u32>(row, "schema")) {
            Some(SCHEMA) => Ok(()),
            found => {
                let found = found.map_or_else(|| "an unknown one".to_owned(), |found| found.to_string());
                let why = format!("its rows are of schema {found}, and this release reads only {SCHEMA}");
                Err(Error::broken(doing, why))
            }
        }
    }

    /// Creates the table unless it exists.
    ///
    /// # Errors
    /// When DynamoDB refuses the request, or the table has other indexes than this release needs.
    pub async fn create_table(self) -> Result<(), Error> {
        let doing = "create the table";
        if let Ok(there) = self.0.dynamodb().describe_table().table_name(self.0.table()).send().await {
            let indexes = there.table.and_then(|table| table.global_secondary_indexes).unwrap_or_default();
            let has = |index: &Index| indexes.iter().any(|there| there.index_name() == Some(index.name));
            return match INDEXES.iter().find(|index| !has(index)) {
                None => Ok(()),
                Some(index) => {
                    let lacks = format!("it lacks the index {}: an older release made it", index.name);
                    Err(Error::broken(doing, lacks))
                }
            };
        }
        let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        let names = ["pk", "sk"].into_iter().chain(INDEXES.iter().flat_map(|index| [index.pk, index.sk]));
        let mut create = self
            .0
            .dynamodb()
            .create_table()
            .table_name(self.0.table())
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key("pk", KeyType::Hash).map_err(|e| Error::broken(doing, e))?)
            .key_schema(key("sk", KeyType::Range).map_err(|e| Error::broken(doing, e))?);
        for name in names {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build();
            create = create.attribute_definitions(attribute.map_err(|e| Error::broken(doing, e))?);
        }
        for index in INDEXES {
            let projection = Projection::builder()
                .projection_type(ProjectionType::Include)
                .set_non_key_attributes(Some(PROJECTED.map(str::to_owned).to_vec()))
                .build();
            let index = GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .key_schema(key(index.pk, KeyType::Hash).map_err(|e| Error::broken(doing, e))?)
                .key_schema(key(index.sk, KeyType::Range).map_err(|e| Error::broken(doing, e))?)
                .projection(projection)
                .build();
            create = create.global_secondary_indexes(index.map_err(|e| Error::broken(doing, e))?);
        }
        match create.send().await {
            Ok(_) => Ok(()),
            // It was made, and the answer was lost.
            Err(e) if e.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
                Ok(())
            }
            Err(e) => Err(Error::sdk(doing, e)),
        }
    }
}
