//! The one DynamoDB table: a file for each kind of row, and what they share (`table`, `transact`, `schema`, `windows`).

pub mod assets;
pub mod bundle_counts;
pub mod bundles;
mod card;
mod clearing;
mod commit;
pub mod folders;
pub mod indexes;
mod keys_below;
mod link_keys;
pub mod link_list;
pub mod links;
pub mod lists;
pub mod mails;
pub mod schema;
pub mod search;
pub mod sets;
pub mod spend_use;
pub mod sweeping;
pub mod table;
mod transact;
pub mod tries;
pub mod users;
mod uses;
pub mod visits;
pub mod windows;
pub mod words;
