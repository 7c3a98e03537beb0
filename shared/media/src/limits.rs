//! The limits for rendering one file.

use std::time::Duration;

/// The limits for rendering one file. The defaults are for a function with 1 GB of memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most pixels (width × height) according to the image's header. Only JPEGs, which are decoded at a fraction of
    /// their size, can have so many; formats that are decoded at full size reach `memory` first.
    pub pixels: u64,
    /// The most bytes that decoding may hold at the same time.
    pub memory: u64,
    /// The most bytes of an SVG's text.
    pub svg_bytes: u64,
    /// The most wall-clock time that decoding may take; on a busy machine more files exceed it.
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
