//! Hostile and damaged files.

use std::{
    fs,
    io::{self, Cursor, Read, Seek, SeekFrom},
    time::{Duration, Instant},
};

use image::ImageFormat;
use media::{Limits, Unrenderable, render};

use crate::files::*;

/// Peak memory of this whole test program so far, in MB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1000
}

/// Why the file can't be rendered, which must be found out within 2 s and 250 MB.
fn cheaply_unrenderable(name: &str, file: &[u8]) -> Unrenderable {
    let (start, before) = (Instant::now(), peak());
    let refusal = unrenderable(name, file);
    assert!(start.elapsed() < Duration::from_secs(2), "{name} took {:?}", start.elapsed());
    assert!(peak() < before + 250, "{name} took {} MB", peak() - before);
    refusal
}

#[test]
fn an_image_with_too_many_pixels_is_refused_by_its_header() {
    let reason =
        "The image is 100,000 × 100,000 pixels large; the largest that Vitrine renders is 512 megapixels";
    let huge = png(&[(b"IHDR", &ihdr(100_000, 100_000)), (b"IDAT", b"\x78\x9c"), (b"IEND", b"")]);
    assert_eq!(cheaply_unrenderable("huge.png", &huge).to_string(), reason);

    let mut bmp = encode(quarters(4, 4), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[100_000_u32.to_le_bytes(), 100_000_u32.to_le_bytes()].concat());
    assert_eq!(cheaply_unrenderable("huge.bmp", &bmp).to_string(), reason);

    let media = ingest("huge.png", &huge);
    assert_eq!(media.dimensions, Some(size(100_000, 100_000)));
}

#[test]
fn the_largest_of_each_format_is_refused_by_its_header() {
    let mut jpeg = jpeg(&quarters(64, 64));
    let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    assert!(matches!(cheaply_unrenderable("huge.jpg", &jpeg), Unrenderable::TooManyPixels { .. }));

    let mut gif = encode(quarters(4, 4), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert!(matches!(cheaply_unrenderable("huge.gif", &gif), Unrenderable::TooManyPixels { .. }));

    let mut tiff = encode(quarters(4, 4), ImageFormat::Tiff);
    for tag in [0x100_u16, 0x101] {
        let [low, high] = tag.to_le_bytes();
        let entry = tiff.windows(4).position(|w| w == [low, high, 4, 0]).unwrap();
        tiff[entry + 2..entry + 12].copy_from_slice(&[4, 0, 1, 0, 0, 0, 0xa0, 0x86, 0x01, 0]);
    }
    // The decoder may notice first that the file's one strip does not match such a size.
    let refusal = cheaply_unrenderable("huge.tiff", &tiff);
    assert!(matches!(refusal, Unrenderable::TooManyPixels { .. } | Unrenderable::Damaged), "{refusal:?}");
}

#[test]
fn a_decompression_bomb_is_refused_before_it_is_decompressed() {
    // 480 megapixels are within the limit of pixels, but decoding them takes 1.4 GB.
    let bomb = png(&[(b"IHDR", &ihdr(24_000, 20_000)), (b"IDAT", &[0x78, 0x9c]), (b"IEND", b"")]);
    assert_eq!(
        cheaply_unrenderable("bomb.png", &bomb).to_string(),
        "The image is 24,000 × 20,000 pixels large; decoding it takes 1440 MB of memory, and Vitrine allows 512 MB"
    );

    // Decoding a progressive JPEG keeps all coefficients in memory.
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder(&mut file);
    encoder.set_progressive(true);
    encoder.encode(&quarters(64, 64), 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
    let frame = file.windows(2).position(|w| w == [0xff, 0xc2]).unwrap();
    file[frame + 5..frame + 9].copy_from_slice(&[0x4e, 0x20, 0x4e, 0x20]);
    assert!(matches!(cheaply_unrenderable("bomb.jpg", &file), Unrenderable::TooMuchMemory { .. }));
}

#[test]
fn decoding_is_given_up_after_the_time_limit() {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder(&mut file);
    encoder.set_progressive(true);
    encoder.encode(&quarters(4000, 4000), 4000, 4000, jpeg_encoder::ColorType::Rgb).unwrap();
    let last = file.windows(2).rposition(|w| w == [0xff, 0xda]).unwrap();
    let scan = file[last..file.len() - 2].to_vec();
    file.truncate(last);
    for _ in 0..5000 {
        file.extend(&scan);
    }
    file.extend([0xff, 0xd9]);
    let limits = Limits { time: Duration::from_secs(1), ..Limits::default() };
    let start = Instant::now();
    let media = ingest_within("scans.jpg", &file, &limits);
    assert_eq!(media.renditions.unwrap_err(), Unrenderable::TooSlow { seconds: 1 });
    assert!(start.elapsed() < Duration::from_secs(4), "took {:?}", start.elapsed());
}

#[test]
fn truncated_files_are_refused_at_any_length() {
    let image = quarters(900, 600);
    let formats = [
        ("a.jpg", jpeg(&image)),
        ("a.png", encode(image.clone(), ImageFormat::Png)),
        ("a.webp", encode(image.clone(), ImageFormat::WebP)),
        ("a.gif", encode(image.clone(), ImageFormat::Gif)),
        ("a.tiff", encode(image.clone(), ImageFormat::Tiff)),
        ("a.bmp", encode(image, ImageFormat::Bmp)),
    ];
    for (name, file) in &formats {
        for tenth in 1..10 {
            let cut = &file[..file.len() * tenth / 10];
            let refusal = cheaply_unrenderable(name, cut);
            assert!(
                matches!(refusal, Unrenderable::Truncated | Unrenderable::Damaged),
                "{name} cut to {tenth}/10: {refusal:?}"
            );
        }
    }
    assert_eq!(
        unrenderable("a.jpg", &formats[0].1[..5000]).to_string(),
        "The file ends before its image is complete; perhaps its upload was interrupted"
    );
}

#[test]
fn a_false_extension_and_an_empty_file_are_refused() {
    let png = encode(quarters(9, 6), ImageFormat::Png);
    assert_eq!(
        cheaply_unrenderable("holiday.jpg", &png).to_string(),
        "The name ends in .jpg, but the file holds a PNG image"
    );
    assert_eq!(cheaply_unrenderable("empty.jpg", b"").to_string(), "The file is empty");
    assert_eq!(
        cheaply_unrenderable("page.png", b"<!doctype html><p>404").to_string(),
        "The name ends in .png, but the file holds something else"
    );
}

#[test]
fn a_file_that_is_damaged_anywhere_is_no_error() {
    let image = quarters(300, 200);
    let mut files: Vec<(&str, Vec<u8>)> = vec![("a.jpg", jpeg(&image))];
    for (name, format) in [
        ("a.png", ImageFormat::Png),
        ("a.webp", ImageFormat::WebP),
        ("a.gif", ImageFormat::Gif),
        ("a.tiff", ImageFormat::Tiff),
        ("a.bmp", ImageFormat::Bmp),
    ] {
        files.push((name, encode(image.clone(), format)));
    }
    let limits = Limits { time: Duration::from_secs(5), memory: 64_000_000, ..Limits::default() };
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let start = Instant::now();
    for (name, file) in &files {
        for _ in 0..150 {
            let mut damaged = file.clone();
            for _ in 0..6 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                // Not in the first 12 bytes, which identify the format. Half of the damage is in the headers.
                let span = if random & 1 == 0 { 120 } else { damaged.len() - 12 };
                let at = 12 + (random >> 8) as usize % span.min(damaged.len() - 12);
                damaged[at] = (random >> 40) as u8;
            }
            let _ = render(&mut Cursor::new(&damaged), name, &limits).expect("the slice can be read");
        }
    }
    assert!(start.elapsed() < Duration::from_secs(60), "took {:?}", start.elapsed());
}

/// A source that fails after 20,000 bytes.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.0.position() > 20_000 {
            return Err(io::Error::other("the disk is gone"));
        }
        let n = buf.len().min(4096);
        self.0.read(&mut buf[..n])
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_source_that_fails_is_an_error() {
    let image = quarters(2000, 1500);
    for (name, file) in [
        ("a.jpg", jpeg(&image)),
        ("a.png", png_of_noise()),
        ("a.tiff", encode(image.clone(), ImageFormat::Tiff)),
        ("a.bmp", encode(image, ImageFormat::Bmp)),
    ] {
        assert!(file.len() > 40_000, "{name} is too short for this test");
        let error = render(&mut Failing(Cursor::new(file)), name, &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "the disk is gone", "{name}");
    }
}

fn png_of_noise() -> Vec<u8> {
    let noise = image::RgbImage::from_fn(300, 300, |x, y| {
        let n =
            x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519);
        image::Rgb([(n >> 8) as u8, (n >> 16) as u8, (n >> 24) as u8])
    });
    encode(noise, ImageFormat::Png)
}
