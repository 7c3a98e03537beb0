//! Measures CPU time and peak memory of rendering one photograph of 24 megapixels, and of doing the same with the
//! `image` crate alone. The target is 105 ms and 25 MB.
//!
//! `cargo test -p media --bench render` measures the dev build that `cargo run` uses, `cargo bench -p media` the
//! optimised build. Each way runs in its own process: the memory is the process's peak, the time is user and system
//! time together.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    env, fs,
    io::{self, Cursor},
    path::Path,
    process::Command,
};

use image::{DynamicImage, ImageFormat, imageops::FilterType, metadata::Orientation};
use media::{Limits, render};

const ROUNDS: u32 = 10;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    if let [way, path] = arguments.as_slice() {
        return measure(way, Path::new(path));
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("photograph.jpg");
    fs::write(&path, photograph())?;
    println!("6000 × 4000, 4:2:0, orientation 6, {:.1} MB", fs::metadata(&path)?.len() as f64 / 1e6);
    println!("{:<34} {:>8} {:>8}", "", "CPU ms", "peak MB");
    let mut ratio = Vec::new();
    for way in ["nothing", "render", "image + Lanczos3"] {
        let output = Command::new(env::current_exe()?).arg(way).arg(&path).output()?;
        assert!(output.status.success(), "{way}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        let figures: Vec<f64> = text.split_whitespace().map(|n| n.parse().expect("a number")).collect();
        println!("{way:<34} {:>8.1} {:>8.1}", figures[0], figures[1]);
        ratio.push(figures[0]);
    }
    println!("image + Lanczos3 takes {:.1} times as long as render", ratio[2] / ratio[1]);
    Ok(())
}

/// Renders `ROUNDS` times, and prints the mean CPU time in milliseconds and the peak memory in megabytes.
fn measure(way: &str, path: &Path) -> io::Result<()> {
    let before = cpu_ms()?;
    for _ in 0..ROUNDS {
        let mut file = fs::File::open(path)?;
        match way {
            "nothing" => {}
            "render" => {
                let media = render(&mut file, "photograph.jpg", &Limits::default())?;
                let renditions = media.renditions.map_err(io::Error::other)?.expect("a photograph");
                assert_eq!(
                    (renditions.preview.dimensions.width, renditions.thumbnail.dimensions.height),
                    (333, 150)
                );
            }
            _ => naive(path).map_err(io::Error::other)?,
        }
    }
    println!("{} {}", (cpu_ms()? - before) / f64::from(ROUNDS), peak_mb()?);
    Ok(())
}

/// The same by the `image` crate alone.
fn naive(path: &Path) -> image::ImageResult<()> {
    let mut image = image::open(path)?;
    image.apply_orientation(Orientation::Rotate90);
    for side in [500, 150] {
        let small = DynamicImage::ImageRgb8(image.resize(side, side, FilterType::Lanczos3).into_rgb8());
        small.write_to(&mut Cursor::new(Vec::new()), ImageFormat::Jpeg)?;
    }
    Ok(())
}

/// A drawn landscape with noise that compresses like a photograph: at quality 90, a quarter of a byte for each pixel.
fn photograph() -> Vec<u8> {
    let (width, height) = (6000_u16, 4000_u16);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for y in 0..height {
        for x in 0..width {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let (u, v) = (f32::from(x) / 6000.0, f32::from(y) / 4000.0);
            let ridge = 0.45 + 0.1 * (u * 9.0).sin() + 0.05 * (u * 31.0).sin();
            let ground =
                if v > ridge { 0.35 + 0.2 * ((u * 140.0).sin() * (v * 170.0).cos()) } else { 0.95 - v * 0.5 };
            let grain = ((random >> 56) as f32 - 128.0) * if v > ridge { 0.105 } else { 0.04 };
            for tint in [1.0, 0.93, 0.8] {
                pixels.push((ground * tint).mul_add(235.0, grain).clamp(0.0, 255.0) as u8);
            }
        }
    }
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, 90);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    encoder.add_exif_metadata(exif).expect("a short segment");
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).expect("a whole image");
    file
}

/// User and system time of this process in milliseconds; a tick is 10 ms on Linux.
fn cpu_ms() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).map(|n| n.parse::<f64>().expect("ticks"));
    Ok(ticks.sum::<f64>() * 10.0)
}

/// Peak resident memory of this process in megabytes.
fn peak_mb() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux");
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>().expect("kB") / 1000.0)
}
