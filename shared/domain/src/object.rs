//! Where objects lie.

/// Which bucket an object lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Originals and renditions.
    Assets,
    /// Zips and their manifests.
    Bundles,
}
