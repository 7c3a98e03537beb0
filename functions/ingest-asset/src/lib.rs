//! S3 events: file information, thumbnail, preview.
//!
//! The media part is pure: bytes in, facts and small JPEGs out. [`render`] is CPU-bound (about 0.1 s for
//! a 24-megapixel photograph), so an async caller wraps it in `spawn_blocking`.

mod backfill;
mod colour;
mod file_type;
mod handle;
mod index;
mod raster;
mod refusal;
mod render;
mod render_asset;
mod shrink;
mod svg;
mod watched;

use std::io::{self, Read};

pub use file_type::FileType;
pub use handle::handle;
pub use refusal::Refusal;
pub use render::{Dimensions, Limits, Media, Rendition, Renditions, render};

/// The CRC-32 (ISO-HDLC, as ZIP and S3 know it) of everything `source` has left to give, and how many
/// bytes that was. Takes 256 KiB of memory whatever the length.
pub fn crc32(source: &mut impl Read) -> io::Result<(u32, u64)> {
    let (mut hasher, mut length) = (crc32fast::Hasher::new(), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok((hasher.finalize(), length)),
            Ok(n) => {
                hasher.update(&buffer[..n]);
                length += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_zip() {
        assert_eq!(crc32(&mut &b"123456789"[..]).unwrap(), (0xcbf4_3926, 9));
        let long = vec![7_u8; 600 * 1024];
        assert_eq!(crc32(&mut &long[..]).unwrap(), (crc32fast::hash(&long), long.len() as u64));
    }
}
