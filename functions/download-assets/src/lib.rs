//! Presigned downloads, bundle requests and their progress
