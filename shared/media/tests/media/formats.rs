//! All formats that Vitrine renders, in their variants, and formats that it does not render.

use image::{
    DynamicImage, Frame, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, Rgba, RgbaImage,
    codecs::gif::{GifEncoder, Repeat},
};
use moxcms::ColorProfile;

use crate::files::*;

#[test]
fn each_format_is_rendered_with_its_colours() {
    let image = quarters(900, 600);
    let formats = [
        ("a.jpg", ImageFormat::Jpeg),
        ("a.png", ImageFormat::Png),
        ("a.webp", ImageFormat::WebP),
        ("a.gif", ImageFormat::Gif),
        ("a.tif", ImageFormat::Tiff),
        ("a.bmp", ImageFormat::Bmp),
    ];
    for (name, format) in formats {
        let media = ingest(name, &encode(image.clone(), format));
        assert_eq!(media.dimensions, Some(size(900, 600)), "{name}");
        assert!(media.file_type.is_rendered());
        let renditions = media.renditions.unwrap().unwrap();
        assert_eq!(renditions.preview.dimensions, size(500, 333), "{name}");
        assert_eq!(renditions.thumbnail.dimensions, size(150, 100), "{name}");
        assert_quarters(&pixels(&renditions.preview));
        assert_quarters(&pixels(&renditions.thumbnail));
    }
}

#[test]
fn large_progressive_and_grey_jpegs_are_rendered() {
    assert_quarters(&pixels(&renditions("large.jpg", &jpeg(&quarters(6000, 4000))).preview));

    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder(&mut progressive);
    encoder.set_progressive(true);
    encoder.encode(&quarters(2400, 1600), 2400, 1600, jpeg_encoder::ColorType::Rgb).unwrap();
    assert_quarters(&pixels(&renditions("progressive.jpg", &progressive).preview));

    let grey = GrayImage::from_fn(2400, 1600, |x, _| Luma([if x < 1200 { 40 } else { 200 }]));
    let mut file = Vec::new();
    jpeg_encoder(&mut file).encode(&grey, 2400, 1600, jpeg_encoder::ColorType::Luma).unwrap();
    let preview = pixels(&renditions("grey.jpg", &file).preview);
    assert_colour(*preview.get_pixel(100, 100), [40; 3]);
    assert_colour(*preview.get_pixel(400, 100), [200; 3]);
}

#[test]
fn cmyk_jpegs_are_decoded_by_the_other_decoder() {
    // Cyan at the left, no ink at the right.
    let cmyk: Vec<u8> =
        (0..600 * 400).flat_map(|i| if i % 600 < 300 { [255, 0, 0, 0] } else { [0, 0, 0, 0] }).collect();
    for kind in [jpeg_encoder::ColorType::Cmyk, jpeg_encoder::ColorType::CmykAsYcck] {
        let mut file = Vec::new();
        jpeg_encoder(&mut file).encode(&cmyk, 600, 400, kind).unwrap();
        let media = ingest("print.jpg", &file);
        assert_eq!(media.dimensions, Some(size(600, 400)));
        let preview = pixels(&media.renditions.unwrap().unwrap().preview);
        assert_colour(*preview.get_pixel(100, 100), [0, 255, 255]);
        assert_colour(*preview.get_pixel(400, 100), [255, 255, 255]);
    }
}

#[test]
fn images_of_16_bits_and_of_floats_are_rendered() {
    let rgb: ImageBuffer<Rgb<u16>, Vec<u16>> = ImageBuffer::from_fn(800, 400, |x, _| {
        Rgb(if x < 400 { [60_000, 30_000, 6000] } else { [0, 0, 65_535] })
    });
    for format in [ImageFormat::Png, ImageFormat::Tiff] {
        let file = encode(DynamicImage::ImageRgb16(rgb.clone()), format);
        let name = format!("a.{}", format.extensions_str()[0]);
        let preview = pixels(&renditions(&name, &file).preview);
        assert_colour(*preview.get_pixel(100, 100), [233, 117, 23]);
        assert_colour(*preview.get_pixel(400, 100), [0, 0, 255]);
    }
    let float = DynamicImage::ImageRgb16(rgb).into_rgb32f();
    let file = encode(DynamicImage::ImageRgb32F(float), ImageFormat::Tiff);
    assert_colour(*pixels(&renditions("a.tiff", &file).preview).get_pixel(400, 100), [0, 0, 255]);
}

#[test]
fn transparency_becomes_white_without_a_fringe() {
    // The transparent pixels are black, which must not darken the edge of the red half.
    let cut_out =
        RgbaImage::from_fn(1000, 600, |x, _| Rgba(if x < 503 { [220, 30, 30, 255] } else { [0, 0, 0, 0] }));
    for (name, format) in
        [("a.png", ImageFormat::Png), ("a.webp", ImageFormat::WebP), ("a.tif", ImageFormat::Tiff)]
    {
        let preview = pixels(&renditions(name, &encode(cut_out.clone(), format)).preview);
        assert_colour(*preview.get_pixel(100, 100), [220, 30, 30]);
        assert_colour(*preview.get_pixel(400, 100), [255, 255, 255]);
        let darkest = (0..500).map(|x| preview.get_pixel(x, 100)[0]).min().unwrap();
        assert!(darkest > 200, "{name} has a fringe of {darkest}");
    }
}

#[test]
fn an_animation_shows_its_first_frame() {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for colour in [[200, 40, 40, 255], [40, 40, 200, 255], [40, 200, 40, 255]] {
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(320, 200, Rgba(colour)))).unwrap();
    }
    drop(encoder);
    assert_colour(*pixels(&renditions("loop.gif", &file).preview).get_pixel(160, 100), [200, 40, 40]);
}

#[test]
fn small_images_are_not_enlarged() {
    let media = renditions("icon.png", &encode(quarters(100, 60), ImageFormat::Png));
    assert_eq!(media.preview.dimensions, size(100, 60));
    assert_eq!(media.thumbnail.dimensions, size(100, 60));
    let media = renditions("icon.jpg", &jpeg(&quarters(300, 40)));
    assert_eq!(media.preview.dimensions, size(300, 40));
    assert_eq!(media.thumbnail.dimensions, size(150, 20));
    let media = renditions("dot.gif", &encode(quarters(1, 1), ImageFormat::Gif));
    assert_eq!(media.preview.dimensions, size(1, 1));
    let media = renditions("thread.png", &encode(quarters(20_000, 2), ImageFormat::Png));
    assert_eq!((media.preview.dimensions, media.thumbnail.dimensions), (size(500, 1), size(150, 1)));
}

#[test]
fn renditions_carry_no_metadata() {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder(&mut file);
    let mut with_gps = exif(1);
    with_gps.extend(b"GPSLatitude 48.2082 N");
    encoder.add_exif_metadata(&with_gps).unwrap();
    encoder
        .add_app_segment(1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>secret</x:xmpmeta>".to_vec())
        .unwrap();
    encoder.add_app_segment(13, b"Photoshop 3.0\08BIM secret".to_vec()).unwrap();
    encoder.add_icc_profile(&ColorProfile::new_display_p3().encode().unwrap()).unwrap();
    encoder.encode(&quarters(900, 600), 900, 600, jpeg_encoder::ColorType::Rgb).unwrap();

    let renditions = renditions("photo.jpg", &file);
    for rendition in [&renditions.preview, &renditions.thumbnail] {
        // Only JFIF, tables and the frame may come before the scan: no other APPn segment and no comment.
        let jpeg = &rendition.jpeg;
        let mut at = 2;
        while jpeg[at + 1] != 0xda {
            let marker = jpeg[at + 1];
            assert!(matches!(marker, 0xe0 | 0xdb | 0xc0 | 0xc4), "segment {marker:x}");
            at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        }
        assert!(jpeg.ends_with(&[0xff, 0xd9]));
        assert!(!jpeg.windows(6).any(|w| w == b"secret" || w == b"48.208"));
    }
}

#[test]
fn colours_of_a_profile_are_converted_to_srgb() {
    let image = image::RgbImage::from_pixel(1200, 800, Rgb([90, 200, 60]));
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder(&mut file);
    encoder.add_icc_profile(&ColorProfile::new_display_p3().encode().unwrap()).unwrap();
    encoder.encode(&image, 1200, 800, jpeg_encoder::ColorType::Rgb).unwrap();
    // The sRGB value of (90, 200, 60) in Display P3, by the matrices of the two colour spaces.
    assert_colour(*pixels(&renditions("phone.jpg", &file).preview).get_pixel(200, 200), [0, 203, 7]);
}

#[test]
fn a_file_that_is_no_image_has_a_type_and_no_renditions() {
    for (name, file, file_type) in [
        ("Press release.pdf", &b"%PDF-1.7\n"[..], "pdf"),
        ("chord.WAV", b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
        ("film.mp4", b"\0\0\0\x18ftypmp42", "mp4"),
        ("letter.docx", b"PK\x03\x04\x14\0", "docx"),
        ("notes.txt", b"hello", "txt"),
    ] {
        let media = ingest(name, file);
        assert_eq!(media.file_type.as_str(), file_type);
        assert!(!media.file_type.is_rendered());
        assert!(matches!(media.renditions, Ok(None)), "{name}");
        assert_eq!(media.dimensions, None);
    }
}
