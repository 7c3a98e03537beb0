//! S3 events: file information, thumbnail, preview, and the words by which an asset is found.

mod backfill;
mod failure;
mod handle;
mod index;
mod read_file;
mod render_asset;
mod tidy_words;

pub use handle::handle;
