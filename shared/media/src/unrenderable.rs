//! Why a file of a rendered type can't be rendered.

use crate::dimensions::Dimensions;

/// Why an asset is `failed`. The text is shown to people: what is wrong with the file and, if it helps, Vitrine's
/// limit.
///
/// A retry does not help. A source that can't be read is a [`std::io::Error`] instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unrenderable {
    /// The file has no bytes.
    #[error("The file is empty")]
    Empty,
    /// The content does not match the extension.
    #[error("The name ends in .{extension}, but the file holds {}", found.unwrap_or("something else"))]
    WrongContent {
        /// The name's extension in lower case, without the dot.
        extension: String,
        /// The detected content in words, with its article, if it is a known one.
        found: Option<&'static str>,
    },
    /// More pixels than [`crate::Limits::pixels`].
    #[error(
        "The image is {dimensions} pixels large; the largest that Vitrine renders is {megapixels} megapixels"
    )]
    TooManyPixels {
        /// The size in the file's header.
        dimensions: Dimensions,
        /// The limit, in millions of pixels.
        megapixels: u64,
    },
    /// Decoding would take more than [`crate::Limits::memory`].
    #[error("The image is {dimensions} pixels large; decoding it takes {} MB of memory, and Vitrine allows {} MB", needs / 1_000_000, allowed / 1_000_000)]
    TooMuchMemory {
        /// The size in the file's header.
        dimensions: Dimensions,
        /// In bytes.
        needs: u64,
        /// In bytes.
        allowed: u64,
    },
    /// The decoder reached the memory limit.
    #[error("Decoding the image takes more than the {} MB of memory that Vitrine allows", allowed / 1_000_000)]
    OutOfMemory {
        /// In bytes.
        allowed: u64,
    },
    /// Decoding took longer than [`crate::Limits::time`].
    #[error("Rendering the image takes longer than {seconds} seconds, the most that Vitrine allows")]
    TooSlow {
        /// The limit in seconds of wall-clock time.
        seconds: u64,
    },
    /// The file ends before the image is complete.
    #[error("The file ends before its image is complete; perhaps its upload was interrupted")]
    Truncated,
    /// The decoder can't read it.
    #[error("The image is damaged and can't be decoded")]
    Damaged,
    /// Valid, but in a variant that the decoders don't know (arithmetic JPEG, rare TIFF compression).
    #[error("The image is stored in a rare variant of its format that Vitrine can't decode")]
    Unsupported,
    /// An SVG whose text is larger than [`crate::Limits::svg_bytes`].
    #[error("The drawing's text is larger than {} MB, the most that Vitrine allows", allowed / 1_000_000)]
    LongDrawing {
        /// In bytes.
        allowed: u64,
    },
    /// An SVG whose references, nested layers or huge patterns would take too much time or memory.
    #[error("The drawing is too complex: drawing it would take too much time or memory")]
    ComplexDrawing,
    /// Not an SVG, though it may be XML.
    #[error("The file holds no valid SVG drawing")]
    NoDrawing,
}
