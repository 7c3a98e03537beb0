//! Computes the CRC-32 (of ZIP and S3) of joined or split bytes from the CRCs of the parts, without reading the bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc32fast::Hasher;

/// The CRC of `a` followed by `b`, where `b` has `len_b` bytes.
pub(crate) fn combine(a: u32, b: u32, len_b: u64) -> u32 {
    let mut whole = Hasher::new_with_initial_len(a, 0);
    whole.combine(&Hasher::new_with_initial_len(b, len_b));
    whole.finalize()
}

/// The CRC of `b`, from the CRC of `a` and the CRC of `a` followed by `b`.
///
/// `combine` is an exclusive or with `a` shifted by `len_b`, so applying it a second time removes `a` again.
pub(crate) fn remove_start(a: u32, a_and_b: u32, len_b: u64) -> u32 {
    match len_b {
        0 => 0, // for a length of 0 the library combines nothing
        _ => combine(a, a_and_b, len_b),
    }
}

/// The form of `x-amz-checksum-crc32`: base64 of the four bytes, the most significant first.
pub(crate) fn to_header(crc: u32) -> String {
    STANDARD.encode(crc.to_be_bytes())
}

/// S3's COMPOSITE checksum of a multipart object: the CRC of the parts' CRCs, then the number of parts.
pub(crate) fn combine_composite(parts: &[u32]) -> String {
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
    fn combining_and_removing_agree_with_hashing() {
        let bytes: Vec<u8> = (0..5000u32).map(|n| (n * n / 7) as u8).collect();
        let whole = crc32fast::hash(&bytes);
        for at in [0, 1, 17, 2500, 4999, 5000] {
            let (a, b) = bytes.split_at(at);
            let (crc_a, crc_b) = (crc32fast::hash(a), crc32fast::hash(b));
            assert_eq!(combine(crc_a, crc_b, b.len() as u64), whole);
            assert_eq!(remove_start(crc_a, whole, b.len() as u64), crc_b);
        }
    }

    #[test]
    fn the_header_is_the_one_aws_documents() {
        assert_eq!(to_header(crc32fast::hash(b"123456789")), "y/Q5Jg==");
    }
}
