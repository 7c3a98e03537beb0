//! Renditions are upright in every orientation in which a camera may store an image.

use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage, codecs::png::PngEncoder};

use crate::files::*;

/// An image of 900×600, stored in one of the EXIF standard's orientations: each names the side of the upright image
/// where the stored rows begin, and the side where the columns begin.
fn store(orientation: u8) -> RgbImage {
    let (w, h) = (900, 600);
    let (stored_w, stored_h) = if orientation >= 5 { (h, w) } else { (w, h) };
    RgbImage::from_fn(stored_w, stored_h, |x, y| {
        let (x, y) = match orientation {
            1 => (x, y),                 // rows from the top, columns from the left
            2 => (w - 1 - x, y),         // top, right
            3 => (w - 1 - x, h - 1 - y), // bottom, right
            4 => (x, h - 1 - y),         // bottom, left
            5 => (y, x),                 // left, top
            6 => (w - 1 - y, x),         // right, top
            7 => (w - 1 - y, h - 1 - x), // right, bottom
            _ => (y, h - 1 - x),         // left, bottom
        };
        Rgb(quarter(x, y, w, h))
    })
}

#[test]
fn each_of_the_eight_orientations_of_a_jpeg_comes_out_upright() {
    for orientation in 1..=8 {
        let image = store(orientation);
        let mut file = Vec::new();
        let mut encoder = jpeg_encoder(&mut file);
        encoder.add_exif_metadata(&exif(orientation)).unwrap();
        let (w, h) = (image.width() as u16, image.height() as u16);
        encoder.encode(&image, w, h, jpeg_encoder::ColorType::Rgb).unwrap();

        let media = ingest("photo.jpg", &file);
        assert_eq!(media.dimensions, Some(size(900, 600)), "orientation {orientation}");
        let renditions = media.renditions.unwrap().unwrap();
        assert_eq!(renditions.preview.dimensions, size(500, 333));
        assert_eq!(renditions.thumbnail.dimensions, size(150, 100));
        assert_quarters(&pixels(&renditions.preview));
        assert_quarters(&pixels(&renditions.thumbnail));
    }
}

#[test]
fn a_png_with_an_orientation_comes_out_upright() {
    let image = store(6);
    let mut file = Vec::new();
    let mut encoder = PngEncoder::new(&mut file);
    encoder.set_exif_metadata(exif(6)).unwrap();
    encoder.write_image(&image, 600, 900, ExtendedColorType::Rgb8).unwrap();

    let media = ingest("scan.png", &file);
    assert_eq!(media.dimensions, Some(size(900, 600)));
    assert_quarters(&pixels(&media.renditions.unwrap().unwrap().preview));
}

#[test]
fn an_invalid_orientation_is_ignored() {
    for orientation in [0, 9, 255] {
        let mut file = Vec::new();
        let mut encoder = jpeg_encoder(&mut file);
        encoder.add_exif_metadata(&exif(orientation)).unwrap();
        encoder.encode(&quarters(900, 600), 900, 600, jpeg_encoder::ColorType::Rgb).unwrap();
        assert_quarters(&pixels(&renditions("photo.jpg", &file).preview));
    }
}
