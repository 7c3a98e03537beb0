//! Why a file has no renditions though its type would have them.

use crate::dimensions::Dimensions;

/// Why an asset is `failed`. People read the text as it is: what is wrong with the file and, where it helps, what
/// Vitrine allows.
///
/// Trying again helps against none of these; a source that can't be read is a [`std::io::Error`] instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unrenderable {
    /// The file has no bytes.
    #[error("The file is empty")]
    Empty,
    /// The content is not what the extension says.
    #[error("The name ends in .{extension}, but the file holds {}", found.unwrap_or("something else"))]
    WrongContent {
        /// The name's extension in lower case, without the dot.
        extension: String,
        /// What was found instead, with its article, if it was recognised.
        found: Option<&'static str>,
    },
    /// More pixels than [`crate::Limits::pixels`].
    #[error(
        "The image says it is {dimensions} pixels; the largest Vitrine renders is {megapixels} megapixels"
    )]
    TooManyPixels {
        /// As the file's header says.
        dimensions: Dimensions,
        /// The limit, in millions of pixels.
        megapixels: u64,
    },
    /// Decoding would take more than [`crate::Limits::memory`].
    #[error("The image says it is {dimensions} pixels; decoding it takes {} MB of memory, and Vitrine allows {} MB", needs / 1_000_000, allowed / 1_000_000)]
    TooMuchMemory {
        /// As the file's header says.
        dimensions: Dimensions,
        /// In bytes.
        needs: u64,
        /// In bytes.
        allowed: u64,
    },
    /// The decoder itself reached the memory limit.
    #[error("Decoding the image takes more than the {} MB of memory that Vitrine allows", allowed / 1_000_000)]
    OutOfMemory {
        /// In bytes.
        allowed: u64,
    },
    /// Decoding took longer than [`crate::Limits::time`].
    #[error("Drawing the image takes longer than {seconds} seconds, the most that Vitrine spends on one")]
    TooSlow {
        /// The limit in seconds of wall-clock time.
        seconds: u64,
    },
    /// The file stops in the middle of the image.
    #[error("The file ends before its image does; perhaps its upload was cut short")]
    Truncated,
    /// The decoder can't read it.
    #[error("The image is damaged and can't be decoded")]
    Damaged,
    /// Valid, but in a variant that no decoder here knows (arithmetic JPEG, rare TIFF compression).
    #[error("The image is stored in a rare variant of its format that Vitrine can't decode")]
    Unsupported,
    /// An SVG whose text is larger than [`crate::Limits::svg_bytes`].
    #[error("The drawing's text is larger than {} MB, the most that Vitrine draws", allowed / 1_000_000)]
    LongDrawing {
        /// In bytes.
        allowed: u64,
    },
    /// An SVG whose drawing is much larger than its text: by references, nested layers, or huge patterns.
    #[error("The drawing is too complex: drawn in full it would take too much time or memory")]
    ComplexDrawing,
    /// Not an SVG, though it may be XML.
    #[error("The file holds no valid SVG drawing")]
    NoDrawing,
}
