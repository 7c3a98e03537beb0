//! CRC-32 (the one of ZIP and S3) of things put together and taken apart, without reading them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc32fast::Hasher;

/// CRC of `a` followed by `b`, where `b` is `len_b` bytes long.
pub(crate) fn combine(a: u32, b: u32, len_b: u64) -> u32 {
    let mut whole = Hasher::new_with_initial_len(a, 0);
    whole.combine(&Hasher::new_with_initial_len(b, len_b));
    whole.finalize()
}

/// CRC of `b`, given that of `a` and that of `a` followed by `b`.
///
/// Combining is an exclusive or with `a` shifted by `len_b`, so it undoes itself.
pub(crate) fn after(a: u32, a_and_b: u32, len_b: u64) -> u32 {
    match len_b {
        0 => 0, // the library takes a length of 0 for "nothing to combine"
        _ => combine(a, a_and_b, len_b),
    }
}

/// As in `x-amz-checksum-crc32`: base64 of the four bytes, most significant first.
pub(crate) fn to_header(crc: u32) -> String {
    STANDARD.encode(crc.to_be_bytes())
}

/// S3's COMPOSITE checksum of a multipart object: the CRC of the parts' CRCs, and their number.
pub(crate) fn composite(parts: &[u32]) -> String {
    let mut hasher = Hasher::new();
    for part in parts {
        hasher.update(&part.to_be_bytes());
    }
    format!("{}-{}", to_header(hasher.finalize()), parts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combining_and_taking_apart_agree_with_hashing() {
        let bytes: Vec<u8> = (0..5000u32).map(|n| (n * n / 7) as u8).collect();
        let whole = crc32fast::hash(&bytes);
        for at in [0, 1, 17, 2500, 4999, 5000] {
            let (a, b) = bytes.split_at(at);
            let (crc_a, crc_b) = (crc32fast::hash(a), crc32fast::hash(b));
            assert_eq!(combine(crc_a, crc_b, b.len() as u64), whole);
            assert_eq!(after(crc_a, whole, b.len() as u64), crc_b);
        }
    }

    #[test]
    fn the_header_is_the_one_aws_documents() {
        assert_eq!(to_header(crc32fast::hash(b"123456789")), "y/Q5Jg==");
    }
}
