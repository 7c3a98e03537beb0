//! The table and its indexes. `infra/local` creates the table by this module.
//!
//! | index | partition | sort | used for |
//! | --- | --- | --- | --- |
//! | by_name | `pk` of a set | `name_key` | a set's members by name |
//! | by_joined | `pk` of a set | `joined_key` | a set's members by the time when they joined |
//! | by_position | `pk` of a selection | `position` | a selection's members in their order |
//! | by_owner | `owner_key` | `made_key` | a user's links |
//! | by_owner_title | `owner_key` | `title_key` | a user's links by title |
//! | of_site | `site_shard` | `made_key` | all links (spread over shards); all folders |
//! | of_site_title | `site_shard` | `title_key` | all links by title; all users by name |
//! | by_end | `end_shard` | `end_key` | what the sweep has to clear up, by day (spread over shards) |
//! | by_asset | `asset_key` | `pk` | the selections an asset is in |
//!
//! An index holds only the rows that have its keys.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

use crate::Error;
use crate::rows::table::Rows;

/// Index, partition attribute, sort attribute.
pub const INDEXES: [(&str, &str, &str); 9] = [
    ("by_name", "pk", "name_key"),
    ("by_joined", "pk", "joined_key"),
    ("by_position", "pk", "position"),
    ("by_owner", "owner_key", "made_key"),
    ("by_owner_title", "owner_key", "title_key"),
    ("of_site", "site_shard", "made_key"),
    ("of_site_title", "site_shard", "title_key"),
    ("by_end", "end_shard", "end_key"),
    ("by_asset", "asset_key", "pk"),
];

/// The number of partitions over which an index spreads rows that would otherwise share one.
pub(crate) const SHARDS: u8 = 4;

/// The shard of an id. It is computed from the id's first digit, so it need not be stored.
pub(crate) fn shard(id: &str) -> u8 {
    id.bytes().next().map_or(0, |digit| digit % SHARDS)
}

impl Rows<'_> {
    /// Creates the table unless it exists.
    ///
    /// # Errors
    /// When DynamoDB refuses the request.
    pub async fn create_table(self) -> Result<(), Error> {
        let doing = "create the table";
        if self.0.dynamodb().describe_table().table_name(self.0.table()).send().await.is_ok() {
            return Ok(());
        }
        let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        let mut names: Vec<&str> = INDEXES.iter().flat_map(|(_, pk, sk)| [*pk, *sk]).chain(["sk"]).collect();
        names.sort_unstable();
        names.dedup();
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
        for (index, pk, sk) in INDEXES {
            let index = GlobalSecondaryIndex::builder()
                .index_name(index)
                .key_schema(key(pk, KeyType::Hash).map_err(|e| Error::broken(doing, e))?)
                .key_schema(key(sk, KeyType::Range).map_err(|e| Error::broken(doing, e))?)
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
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
