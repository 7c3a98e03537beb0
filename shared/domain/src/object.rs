//! Objects in S3.

/// The bucket of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Originals and renditions.
    Assets,
    /// Zips and their manifests.
    Bundles,
}
