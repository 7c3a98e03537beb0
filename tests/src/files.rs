//! The generated files of a small library, and the comparison of folders.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, SystemTime};

use image::{ImageFormat, Rgb, RgbImage};

/// When every file of the library was last modified, in seconds since 1970. It is even, because zips keep every second
/// second.
pub const MODIFIED: u64 = 1_790_000_000;

/// Paths and contents: pictures of several sizes, names with spaces and in several scripts, two names that differ only
/// in case, a PDF and a sound, a folder in a folder.
pub fn library() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("Imprint.txt", b"Vitrine's small library.\n".to_vec()),
        ("Autumn/forest path.jpg", picture(640, 426, ImageFormat::Jpeg)),
        ("Autumn/Müller am See.jpg", picture(300, 200, ImageFormat::Jpeg)),
        ("Autumn/日本の秋.png", picture(160, 240, ImageFormat::Png)),
        ("Autumn/Leaf.jpg", picture(120, 80, ImageFormat::Jpeg)),
        ("Autumn/leaf.jpg", picture(80, 120, ImageFormat::Jpeg)),
        ("Autumn/price list.pdf", pdf()),
        ("Autumn/rain.wav", sound()),
        ("Autumn/Night/moon.jpg", picture(500, 500, ImageFormat::Jpeg)),
        ("Autumn/Night/stars.png", picture(200, 100, ImageFormat::Png)),
        ("Product/front.jpg", picture(800, 600, ImageFormat::Jpeg)),
        ("Product/back.jpg", picture(600, 800, ImageFormat::Jpeg)),
        ("Product/side 2.jpg", picture(320, 240, ImageFormat::Jpeg)),
        ("Product/side 10.jpg", picture(240, 320, ImageFormat::Jpeg)),
    ]
}

/// Writes a file of the library, dated in the past, because the site waits with a file that has just changed.
pub fn put(root: &Path, path: &str, content: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(MODIFIED)).unwrap();
}

/// A picture, different for each size.
pub fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let shade = |x: u32, of: u32| u8::try_from(x * 255 / of).unwrap();
    let image = RgbImage::from_fn(width, height, |x, y| {
        Rgb([shade(x, width), shade(y, height), if (x / 16 + y / 16) % 2 == 0 { 90 } else { 160 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PDF of one empty page.
fn pdf() -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] >>",
    ];
    let mut text = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        offsets.push(text.len());
        text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let xref = text.len();
    text.push_str("xref\n0 4\n0000000000 65535 f \n");
    for offset in offsets {
        text.push_str(&format!("{offset:010} 00000 n \n"));
    }
    text.push_str(&format!("trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n"));
    text.into_bytes()
}

/// One second of noise: 8 kHz, 8 bits, mono.
fn sound() -> Vec<u8> {
    let samples: Vec<u8> = (0..8000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let length = u32::try_from(samples.len()).unwrap();
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(8000_u32.to_le_bytes());
    wav.extend(8000_u32.to_le_bytes());
    wav.extend([1, 0, 8, 0]);
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples);
    wav
}

/// Every file below a folder by its path, with its content.
pub fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}
