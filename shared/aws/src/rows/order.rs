//! Orders of assets.

/// The order in which assets are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As picked for a list; by name for a folder; by folder and then by name for a tree.
    Natural,
    /// By name.
    Name,
    /// Newest first.
    Newest,
}
