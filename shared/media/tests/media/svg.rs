//! SVG drawings: they are drawn correctly, read nothing but their own text, and take a limited time.

use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::TcpListener,
    time::Instant,
};

use base64_of::data_url;
use image::{ImageFormat, Rgb, RgbImage};
use media::Unrenderable;

use crate::files::*;

/// `data:` URLs for tests; they need base64, for which this crate has no dependency.
mod base64_of {
    pub fn data_url(mime: &str, data: &[u8]) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = format!("data:{mime};base64,");
        for chunk in data.chunks(3) {
            let bits = chunk.iter().fold(0_u32, |n, b| (n << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
            for i in 0..4 {
                let digit = char::from(DIGITS[(bits >> (18 - 6 * i)) as usize & 63]);
                text.push(if i <= chunk.len() { digit } else { '=' });
            }
        }
        text
    }
}

fn drawing(body: &str) -> Vec<u8> {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="90" height="60">{body}</svg>"#
    )
    .into_bytes()
}

#[test]
fn a_drawing_is_drawn_at_the_previews_size_on_white() {
    let file = drawing(r##"<rect width="45" height="60" fill="#dc1e1e"/>"##);
    let media = ingest("logo.SVG", &file);
    assert_eq!(media.file_type.as_str(), "svg");
    assert_eq!(media.dimensions, Some(size(90, 60)));
    let renditions = media.renditions.unwrap().unwrap();
    assert_eq!(renditions.preview.dimensions, size(500, 333));
    assert_eq!(renditions.thumbnail.dimensions, size(150, 100));
    let preview = pixels(&renditions.preview);
    assert_colour(*preview.get_pixel(100, 100), [220, 30, 30]);
    assert_colour(*preview.get_pixel(400, 100), [255, 255, 255]);
}

#[test]
fn a_drawing_may_have_a_prologue_a_dtd_and_a_byte_order_mark() {
    let file = "\u{feff}<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY red \"#dc1e1e\">]>\
         <svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 3 2\"><rect width=\"3\" height=\"2\" fill=\"&red;\"/></svg>";
    let preview = pixels(&renditions("a.svg", file.as_bytes()).preview);
    assert_colour(*preview.get_pixel(250, 100), [220, 30, 30]);
}

#[test]
fn an_embedded_image_is_drawn_unless_it_is_too_large() {
    let inside = RgbImage::from_pixel(8, 8, Rgb([30, 60, 220]));
    for (mime, format) in [("image/png", ImageFormat::Png), ("image/jpeg", ImageFormat::Jpeg)] {
        let url = data_url(mime, &encode(inside.clone(), format));
        let file = drawing(&format!(
            r#"<image width="90" height="60" preserveAspectRatio="none" xlink:href="{url}"/>"#
        ));
        assert_colour(*pixels(&renditions("a.svg", &file).preview).get_pixel(250, 100), [30, 60, 220]);
    }
    let bomb = png(&[(b"IHDR", &ihdr(60_000, 60_000)), (b"IDAT", b""), (b"IEND", b"")]);
    let file =
        drawing(&format!(r#"<image width="90" height="60" href="{}"/>"#, data_url("image/png", &bomb)));
    assert_colour(*pixels(&renditions("a.svg", &file).preview).get_pixel(250, 100), [255; 3]);
}

#[test]
fn no_file_is_opened_and_no_address_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.png");
    std::fs::File::create(&secret)
        .unwrap()
        .write_all(&encode(RgbImage::from_pixel(9, 6, Rgb([220, 30, 30])), ImageFormat::Png))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let path = secret.display();
    let body = format!(
        r##"<style>@import url("{address}/style.css"); @font-face {{ font-family: x; src: url({address}/font) }}</style>
        <script>fetch("{address}/script")</script><script href="{address}/script.js"/>
        <image width="90" height="60" href="{path}"/><image width="90" height="60" href="file://{path}"/>
        <image width="90" height="60" xlink:href="{address}/image.png"/>
        <use href="{path}#x"/><use href="{address}/a.svg#x"/>
        <filter id="f"><feImage href="{path}"/></filter><rect width="9" height="6" filter="url(#f)"/>
        <foreignObject width="90" height="60"><img xmlns="http://www.w3.org/1999/xhtml" src="{address}/x"/></foreignObject>
        <text font-family="x" x="-50">a</text>"##
    );
    let xxe = format!(
        r#"<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{path}">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="6"><text>&x;</text></svg>"#
    );
    let preview = pixels(&renditions("a.svg", &drawing(&body)).preview);
    assert!(preview.pixels().all(|p| p.0.iter().all(|c| *c > 240)), "the secret's red is in the preview");
    let _ = ingest("xxe.svg", xxe.as_bytes());
    let called = listener.accept().map(|(mut stream, _)| stream.read(&mut [0; 64]));
    assert!(called.is_err(), "an address was called");
}

/// A drawing in which each level refers ten times to the one below.
fn multiplying(levels: usize, element: impl Fn(usize, &str) -> String) -> Vec<u8> {
    let mut body = String::from(r#"<g id="l0"><rect width="1" height="1"/></g>"#);
    for level in 1..=levels {
        write!(body, "{}", element(level, &format!("l{}", level - 1))).unwrap();
    }
    drawing(&format!(
        r##"<defs>{body}</defs><use href="#l{levels}"/><rect fill="url(#l{levels})" width="9" height="6"/>"##
    ))
}

#[test]
fn references_that_multiply_are_refused_within_2_s() {
    let uses = multiplying(12, |level, below| {
        format!(r#"<g id="l{level}">{}</g>"#, format!(r##"<use href="#{below}"/>"##).repeat(10))
    });
    let patterns = multiplying(12, |level, below| {
        let rects = format!(r##"<rect width="5" height="5" style="fill:url(#{below})"/>"##).repeat(10);
        format!(
            r#"<pattern id="l{level}" width="9" height="9" patternUnits="userSpaceOnUse">{rects}</pattern>"#
        )
    });
    let mut laughs = String::from("<!DOCTYPE svg [<!ENTITY e0 \"ha\">");
    for level in 1..=12 {
        let references = format!("&e{};", level - 1).repeat(10);
        write!(laughs, "<!ENTITY e{level} \"{references}\">").unwrap();
    }
    laughs.push_str(
        "]><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"6\"><text>&e12;</text></svg>",
    );
    for (what, file) in [("uses", uses), ("patterns", patterns), ("laughs", laughs.into_bytes())] {
        let start = Instant::now();
        assert_eq!(unrenderable("bomb.svg", &file), Unrenderable::ComplexDrawing, "{what}");
        assert!(start.elapsed().as_secs_f32() < 2.0, "{what} took {:?}", start.elapsed());
    }
}

#[test]
fn deep_nesting_huge_layers_and_huge_tiles_are_refused() {
    let deep = drawing(&format!("{}{}", "<g>".repeat(100_000), "</g>".repeat(100_000)));
    let layer = r#"<g opacity="0.9"><rect width="90" height="60"/>"#;
    let layers = format!(r#"<g transform="scale(1000)">{}{}</g>"#, layer.repeat(200), "</g>".repeat(200));
    let tile = r##"<pattern id="p" width="1e5" height="1e5" patternUnits="userSpaceOnUse"><rect width="9" height="9"/></pattern>
        <rect width="90" height="60" fill="url(#p)"/>"##;
    for (what, body) in [("deep", deep), ("layers", drawing(&layers)), ("tile", drawing(tile))] {
        assert_eq!(unrenderable("a.svg", &body), Unrenderable::ComplexDrawing, "{what}");
    }
}

#[test]
fn a_file_that_is_no_drawing_is_refused() {
    for (name, file) in [
        ("cut.svg", &b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><rect"[..]),
        ("other.svg", b"<?xml version=\"1.0\"?><html><body/></html>"),
        ("bytes.svg", b"<svg \xff\xfe\xfd"),
        ("nothing.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"0\" height=\"0\"/>"),
    ] {
        assert_eq!(unrenderable(name, file), Unrenderable::NoDrawing, "{name}");
    }
    let circular = drawing(r##"<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>"##);
    let _ = ingest("circle.svg", &circular); // both results are right; it must only return
}
