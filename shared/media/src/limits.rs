//! What one file may cost.

use std::time::Duration;

/// What one file may cost. The defaults suit a function of 1 GB.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most pixels (width × height) that an image's header may claim. JPEGs are decoded at a fraction of
    /// their size and may come near this; formats that are decoded whole reach `memory` first.
    pub pixels: u64,
    /// The most bytes that decoding may hold at once.
    pub memory: u64,
    /// The most bytes of an SVG's text, all of which is parsed.
    pub svg_bytes: u64,
    /// The longest that decoding may take, in wall-clock time: a busy machine refuses more than an idle one.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pixels: 512_000_000,
            memory: 512_000_000,
            svg_bytes: 16_000_000,
            time: Duration::from_secs(30),
        }
    }
}
