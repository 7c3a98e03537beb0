//! S3 events: file information, thumbnail, preview
