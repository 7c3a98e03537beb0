//! S3 events: file information, thumbnail, preview.

mod backfill;
mod failure;
mod handle;
mod index;
mod read_file;
mod render_asset;
mod tidy_words;

pub use handle::handle;
