//! What recipients may do.

use serde::{Deserialize, Serialize};

/// Whether recipients may download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Access {
    /// Previews and downloads.
    Download,
    /// Previews alone.
    ViewOnly,
}
