//! S3 events: file information, thumbnail, preview.

mod backfill;
mod failure;
mod handle;
mod index;
mod render_asset;

pub use handle::handle;
