//! Makes files for the tests, and checks what is rendered from them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use media::{Dimensions, Limits, Media, RenderedJpeg, Renditions, Unrenderable, render};

pub fn ingest(name: &str, file: &[u8]) -> Media {
    ingest_within(name, file, &Limits::default())
}

pub fn ingest_within(name: &str, file: &[u8], limits: &Limits) -> Media {
    render(&mut Cursor::new(file), name, limits).expect("a slice can be read")
}

pub fn renditions(name: &str, file: &[u8]) -> Renditions {
    ingest(name, file).renditions.unwrap_or_else(|r| panic!("{name}: {r}")).expect("a rendered type")
}

pub fn unrenderable(name: &str, file: &[u8]) -> Unrenderable {
    match ingest(name, file).renditions {
        Err(refusal) => refusal,
        Ok(_) => panic!("{name} was rendered"),
    }
}

pub fn size(width: u32, height: u32) -> Dimensions {
    Dimensions { width, height }
}

pub fn pixels(rendition: &RenderedJpeg) -> RgbImage {
    let image = image::load_from_memory_with_format(&rendition.jpeg, ImageFormat::Jpeg).unwrap().into_rgb8();
    assert_eq!(image.dimensions(), (rendition.dimensions.width, rendition.dimensions.height));
    image
}

pub fn assert_colour(actual: Rgb<u8>, expected: [u8; 3]) {
    let near = actual.0.iter().zip(expected).all(|(a, e)| a.abs_diff(e) <= 12);
    assert!(near, "{actual:?} is not {expected:?}");
}

/// A red, a green, a blue and a yellow quarter: top left, top right, bottom left, bottom right.
pub const QUARTERS: [[u8; 3]; 4] = [[220, 30, 30], [30, 180, 60], [30, 60, 220], [230, 210, 40]];

pub fn quarter(x: u32, y: u32, width: u32, height: u32) -> [u8; 3] {
    QUARTERS[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)]
}

pub fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb(quarter(x, y, width, height)))
}

pub fn assert_quarters(image: &RgbImage) {
    let (w, h) = image.dimensions();
    for (x, y) in [(w / 8, h / 8), (w * 7 / 8, h / 8), (w / 8, h * 7 / 8), (w * 7 / 8, h * 7 / 8)] {
        assert_colour(*image.get_pixel(x, y), quarter(x, y, w, h));
    }
}

pub fn jpeg_encoder(file: &mut Vec<u8>) -> jpeg_encoder::Encoder<&mut Vec<u8>> {
    jpeg_encoder::Encoder::new(file, 92)
}

pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    let (width, height) = (image.width() as u16, image.height() as u16);
    jpeg_encoder(&mut file).encode(image, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    file
}

pub fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// EXIF data with only an orientation; it begins with the TIFF header.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

/// A PNG of these chunks, with correct checksums.
pub fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in chunks {
        file.extend((data.len() as u32).to_be_bytes());
        let start = file.len();
        file.extend(*name);
        file.extend(*data);
        let crc = crc32fast::hash(&file[start..]);
        file.extend(crc.to_be_bytes());
    }
    file
}

/// A PNG header for RGB of 8 bits a channel.
pub fn ihdr(width: u32, height: u32) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat()
}
