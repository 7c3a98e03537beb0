//! Pages with realistic content, for the tests of all templates.
#![allow(dead_code, reason = "each test file that includes this uses a part of it")]
#![allow(clippy::unwrap_used, reason = "sample content, written here")]

use web::pages::*;

/// A landing page of `count` assets. `picture(index)` is the start of the URLs of an asset's images.
pub fn landing(count: u32, picture: impl Fn(u32) -> String) -> LandingPage {
    let assets = (0..count).map(|index| asset(index, &picture)).collect();
    LandingPage {
        brand: "Vitrine".to_owned(),
        token: "7Hk2mPq9RzX4vB8nWc3tLs".to_owned(),
        title: "Autumn press kit".to_owned(),
        asset_count: count.into(),
        total_bytes: 318_000_000,
        ends: Ends {
            expires_at: Some("2026-12-04T22:59:59Z".parse().unwrap()),
            time_zone: "Europe/Paris".to_owned(),
            uses_left: None,
        },
        access: Access::Download,
        options: vec![option("original", "Original")],
        attributes: Vec::new(),
        assets,
        next: None,
        view: View::Cards,
    }
}

pub fn option(rendition: &str, label: &str) -> DownloadOption {
    DownloadOption { rendition: rendition.to_owned(), label: label.to_owned() }
}

/// Landscapes, portraits and a panorama; every sixth asset is a PDF.
pub fn asset(index: u32, picture: &impl Fn(u32) -> String) -> AssetCard {
    let id = format!("{index:032x}");
    let names = [
        "Misty larches above the lake.jpg",
        "Harbour at dawn.jpg",
        "Müller, Anna – portrait (final, approved by the press office) 2.jpg",
        "日本の秋.png",
        "Panorama from the ridge.webp",
        "Press release.pdf",
    ];
    let name = names[index as usize % 6].to_owned();
    let (width, height) =
        [(6000, 4000), (6000, 4000), (4000, 6000), (3000, 3000), (9000, 3000), (0, 0)][index as usize % 6];
    let image = width > 0;
    let scaled = |longest: u32| (width * longest / width.max(height), height * longest / width.max(height));
    let url = picture(index);
    AssetCard {
        file_type: name.rsplit('.').next().unwrap().to_owned(),
        name,
        size: [5_900_000, 12_400_000, 8_210_000, 24_000_000, 31_700_000, 640_000][index as usize % 6],
        width: image.then_some(width),
        height: image.then_some(height),
        duration_ms: None,
        pages: (!image).then_some(3),
        attributes: Vec::new(),
        state: if index == 9 {
            AssetState::Processing
        } else if index == 11 {
            AssetState::Failed { reason: "The file is cut short, so it has no preview".to_owned() }
        } else {
            AssetState::Ready
        },
        thumbnail: (image && index != 9).then(|| {
            let (width, height) = scaled(150);
            Picture { url: format!("{url}-150.jpg"), width, height }
        }),
        preview: (image && index != 9).then(|| {
            let (width, height) = scaled(500);
            Preview { kind: PreviewKind::Image, url: format!("{url}-500.jpg"), width, height }
        }),
        downloads: vec![download(&id, "original", "Original")],
        id,
    }
}

pub fn download(id: &str, rendition: &str, label: &str) -> Download {
    Download {
        rendition: rendition.to_owned(),
        label: label.to_owned(),
        url: format!("/s/7Hk2mPq9RzX4vB8nWc3tLs/assets/{id}/{rendition}"),
    }
}
