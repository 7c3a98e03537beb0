//! The sample library: posters drawn by code, so that there is something to share at the first start.

use std::{f32::consts::TAU, fmt::Write as _, fs, io, path::Path};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

/// Colours: sky at the top, sky at the bottom, light, distant, near.
type Palette = [&'static str; 5];
const DAWN: Palette = ["#f6d5b8", "#f3a683", "#fff1d6", "#c9798a", "#3b2a4a"];
const SEA: Palette = ["#dfeeea", "#8fc1c4", "#fdf6e3", "#4f93a5", "#12394d"];
const FOREST: Palette = ["#eef0dc", "#b9cfa8", "#fbe9b0", "#7ea383", "#1f3d35"];
const NIGHT: Palette = ["#1d2447", "#5b4b8a", "#ffe9c9", "#473f7c", "#10132b"];
const CLAY: Palette = ["#f4e9dc", "#e6bf9b", "#fffaf0", "#cc7f56", "#6a3224"];
const PALETTES: [Palette; 5] = [DAWN, SEA, FOREST, NIGHT, CLAY];

const NAMES: [(&str, &[&str]); 3] = [
    (
        "Autumn press kit",
        &[
            "Harbour.jpg",
            "harbour.JPG",
            "Morning ridge.jpg",
            "Over the dunes.jpg",
            "Grünes Tal.jpg",
            "Late tide.png",
            "Window grid.png",
            "Fern.svg",
            "Evening light.jpg",
            "Cover.webp",
        ],
    ),
    (
        "Studio",
        &[
            "Rings 1.jpg",
            "Rings 2.jpg",
            "Tiles.svg",
            "Leaf study.jpg",
            "Leaf study, night.jpg",
            "Süden.jpg",
            "Quiet water.jpg",
            "Clay hills.png",
            "Arches.webp",
        ],
    ),
    (
        "Archive/日本",
        &[
            "富士山.jpg",
            "朝の海.jpg",
            "竹.jpg",
            "夜.jpg",
            "砂丘.png",
            "格子.jpg",
            "月.jpg",
            "秋.jpg",
            "波.svg",
        ],
    ),
];
/// Width and height in pixels, after orientation.
const SIZES: [(u32, u32); 5] = [(1500, 1000), (1000, 1500), (1200, 1200), (1600, 900), (1024, 1280)];

/// Draws the sample library below `root`: 28 images, a PDF and a WAV in three folders.
///
/// # Errors
/// If a folder or file can't be written.
pub fn draw(root: &Path) -> io::Result<()> {
    let mut n = 0;
    for (folder, names) in NAMES {
        let folder = root.join(folder);
        fs::create_dir_all(&folder)?;
        for name in names {
            let (width, height) = SIZES[n % SIZES.len()];
            let art = draw_poster(n, width as f32, height as f32);
            // Two images are stored turned, as by a camera that was held upright.
            let orientation = match n {
                8 => 6,
                14 => 8,
                _ => 1,
            };
            save(&folder.join(name), &art, width, height, orientation)?;
            n += 1;
        }
    }
    fs::write(root.join("Autumn press kit/Press release.pdf"), make_pdf())?;
    fs::write(root.join("Studio/Opening chord.wav"), make_wav())
}

/// Draws a poster as SVG; the same number gives the same poster.
fn draw_poster(n: usize, w: f32, h: f32) -> String {
    let palette = PALETTES[(n * 3 + n / 5) % PALETTES.len()];
    let [top, bottom, light, far, near] = palette;
    let seed = n as f32 * 1.7;
    let mut body = String::new();
    let s = w.min(h);
    match n % 5 {
        0 | 3 => {
            let (cx, r) = (w * (0.3 + 0.4 * (seed.sin() * 0.5 + 0.5)), s * 0.11);
            add(&mut body, format_args!(r#"<circle cx="{cx}" cy="{}" r="{r}" fill="{light}"/>"#, h * 0.3));
            draw_bands(&mut body, w, h, seed, far, near, 7, n.is_multiple_of(5));
        }
        1 => {
            for i in (0..9).rev() {
                let colour = mix(light, if i % 2 == 0 { far } else { near }, 0.15 + 0.09 * i as f32);
                add(
                    &mut body,
                    format_args!(
                        r#"<circle cx="{}" cy="{h}" r="{}" fill="{colour}"/>"#,
                        w / 2.0,
                        s * 0.085 * (i + 1) as f32
                    ),
                );
            }
        }
        2 => {
            let columns = 6;
            let cell = w / (columns + 2) as f32;
            let rows = (h / cell) as i32 - 2;
            let y0 = (h - rows as f32 * cell) / 2.0;
            for row in 0..rows {
                for column in 0..columns {
                    let (x, y) = (cell * (column + 1) as f32, y0 + cell * row as f32);
                    let k = ((row * 7 + column * 5) as f32 + seed).sin();
                    let colour = mix(far, if k > 0.0 { near } else { light }, k.abs());
                    let (a, b) = if k > 0.4 { (x, y) } else { (x + cell, y + cell) };
                    let (c, d) = if k > 0.4 { (x + cell, y + cell) } else { (x, y) };
                    add(
                        &mut body,
                        format_args!(
                            r#"<path d="M{a} {b}A{cell} {cell} 0 0 1 {c} {d}L{c} {b}Z" fill="{colour}"/>"#
                        ),
                    );
                }
            }
        }
        _ => {
            for stem in 0..3 {
                let (x, lean) =
                    (w * (0.28 + 0.22 * stem as f32), (seed + stem as f32 * 2.1).sin() * w * 0.06);
                let tip = h * (0.14 + 0.09 * stem as f32);
                add(
                    &mut body,
                    format_args!(
                        r#"<path d="M{x} {h}Q{} {} {} {tip}" fill="none" stroke="{near}" stroke-width="{}"/>"#,
                        x + lean * 0.2,
                        h * 0.5,
                        x + lean,
                        s * 0.005
                    ),
                );
                for leaf in 0..22 {
                    let t = leaf as f32 / 22.0;
                    let (px, py) = (
                        x + lean * (0.4 * t * (1.0 - t) + t * t),
                        h + (h * 0.5 - h) * 2.0 * t * (1.0 - t) + (tip - h) * t * t,
                    );
                    let length = s * 0.17 * (1.0 - t).powf(0.7) + s * 0.025;
                    let side = if leaf % 2 == 0 { 1.0 } else { -1.0 };
                    let colour = mix(far, near, 0.25 * stem as f32 + 0.4 * t);
                    add(
                        &mut body,
                        format_args!(
                            r#"<path transform="translate({px} {py}) rotate({}) scale({length})" d="M0 0C.3-.22 .75-.2 1 0C.75.12 .3.1 0 0" fill="{colour}"/>"#,
                            -90.0 + side * (62.0 - 25.0 * t)
                        ),
                    );
                }
            }
        }
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}"><defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/></linearGradient></defs><rect width="{w}" height="{h}" fill="url(#sky)"/>{body}</svg>"##
    )
}

/// Draws mountains in mist, or dunes; each row is nearer, darker and lower than the one before.
#[expect(clippy::too_many_arguments, reason = "they are the numbers of one picture")]
fn draw_bands(body: &mut String, w: f32, h: f32, seed: f32, far: &str, near: &str, count: i32, rough: bool) {
    for i in 0..count {
        let depth = i as f32 / (count - 1) as f32;
        let base = h * (0.42 + 0.5 * depth);
        let mut path = format!("M0 {h}");
        for step in 0..=90 {
            let u = step as f32 / 90.0;
            let wave =
                (u * 5.0 + seed + depth * 9.0).sin() + 0.5 * (u * 11.0 + seed * 2.0 + depth * 5.0).sin();
            let crag = if rough {
                0.35 * (u * 37.0 + depth * 21.0).sin() + 0.2 * (u * 71.0 + seed).sin()
            } else {
                0.0
            };
            add(&mut path, format_args!("L{} {}", u * w, base - h * 0.055 * (wave + crag)));
        }
        let colour = mix(far, near, depth);
        add(
            body,
            format_args!(
                r#"<path d="{path}L{w} {h}Z" fill="{colour}" fill-opacity="{}"/>"#,
                0.65 + 0.35 * depth
            ),
        );
    }
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a String never fails.
    let _ = text.write_fmt(what);
}

/// The colour between two `#rrggbb` colours, at `t` from 0 to 1.
fn mix(a: &str, b: &str, t: f32) -> String {
    let part = |c: &str, i: usize| f32::from(u8::from_str_radix(&c[i..i + 2], 16).unwrap_or(0));
    let at = |i| (part(a, i) + (part(b, i) - part(a, i)) * t.clamp(0.0, 1.0)) as u8;
    format!("#{:02x}{:02x}{:02x}", at(1), at(3), at(5))
}

fn save(path: &Path, art: &str, width: u32, height: u32, orientation: u8) -> io::Result<()> {
    let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    if kind == "svg" {
        return fs::write(path, art);
    }
    let tree = Tree::from_str(art, &Options::default()).map_err(io::Error::other)?;
    // The stored image is turned the other way, so that the orientation in Exif makes it upright.
    let (w, h) = (width as f32, height as f32);
    let (stored, turn) = match orientation {
        6 => ((height, width), Transform::from_row(0.0, -1.0, 1.0, 0.0, 0.0, w)),
        8 => ((height, width), Transform::from_row(0.0, 1.0, -1.0, 0.0, h, 0.0)),
        _ => ((width, height), Transform::identity()),
    };
    let mut pixmap = Pixmap::new(stored.0, stored.1).ok_or_else(|| io::Error::other("an empty poster"))?;
    resvg::render(&tree, turn, &mut pixmap.as_mut());
    if kind != "jpg" {
        return image::save_buffer(path, pixmap.data(), stored.0, stored.1, image::ColorType::Rgba8)
            .map_err(io::Error::other);
    }
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    if orientation != 1 {
        let exif =
            [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0, 0, 0, 0, 0]]
                .concat();
        encoder.add_exif_metadata(&exif).map_err(io::Error::other)?;
    }
    encoder
        .encode(pixmap.data(), stored.0 as u16, stored.1 as u16, jpeg_encoder::ColorType::Rgba)
        .map_err(io::Error::other)?;
    fs::write(path, file)
}

/// A PDF with one A4 page, a heading and two lines.
fn make_pdf() -> Vec<u8> {
    let text = "0.8 0.5 0.34 rg 0 700 595 142 re f 1 g BT /F 34 Tf 56 752 Td (Autumn press kit) Tj ET 0.2 g BT /F 13 Tf 56 640 Td 20 TL (Ten posters, free to print with credit.) Tj T* (Write to us for larger files.) Tj ET";
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
            .to_owned(),
        format!("<</Length {}>>stream\n{text}\nendstream", text.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (i, object) in objects.iter().enumerate() {
        add(&mut table, format_args!("{:010} 00000 n \n", file.len()));
        add(&mut file, format_args!("{} 0 obj{object}endobj\n", i + 1));
    }
    let start = file.len();
    add(
        &mut file,
        format_args!("xref\n0 6\n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"),
    );
    file.into_bytes()
}

/// A WAV file (22.05 kHz, 16 bits, mono) of four seconds with a chord that fades: D major with a sixth.
fn make_wav() -> Vec<u8> {
    let rate = 22_050_u32;
    let samples = rate * 4;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + samples * 2).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend((samples * 2).to_le_bytes());
    for i in 0..samples {
        let t = i as f32 / rate as f32;
        let sum: f32 = [146.83, 220.0, 293.66, 369.99, 493.88].iter().map(|f| (TAU * f * t).sin()).sum();
        let level = (t * 20.0).min(1.0) * (-t).exp() * 5000.0;
        file.extend(((sum * level) as i16).to_le_bytes());
    }
    file
}
