//! Every template is rendered, with ordinary and with hostile content.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod samples;

use askama::Template as _;
use web::pages::*;

/// A text that would run a script if it were not escaped in an element, an attribute or a URL.
const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\r\n\u{202e}";

fn landings() -> Vec<LandingPage> {
    let picture = |index| format!("https://store.example/{index}");
    let base = || samples::landing(24, picture);
    let mut list = base();
    list.view = View::List;
    list.attributes = vec!["Credit".to_owned(), "Location".to_owned(), "Rights".to_owned()];
    list.next = Some("after/24&x".to_owned());
    for asset in &mut list.assets {
        asset.attributes = vec!["A. Müller".to_owned(), String::new(), "Editorial".to_owned()];
    }
    let mut options = base();
    options.options = vec![samples::option("original", "Original"), samples::option("preview", "Preview")];
    for asset in &mut options.assets {
        asset.downloads.push(samples::download(&asset.id, "preview", "Preview"));
    }
    let mut view_only = base();
    view_only.access = Access::ViewOnly;
    view_only.options.clear();
    for asset in &mut view_only.assets {
        asset.downloads.clear();
    }
    let mut one = samples::landing(1, picture);
    one.attributes = vec!["Credit".to_owned()];
    one.assets[0].attributes = vec!["A. Müller".to_owned()];
    let mut one_sound = one.clone();
    one_sound.assets[0].preview.as_mut().unwrap().kind = PreviewKind::Audio;
    let mut one_video = one.clone();
    one_video.assets[0].preview.as_mut().unwrap().kind = PreviewKind::Video;
    let mut one_bare = one.clone();
    one_bare.assets[0].preview = None;
    one_bare.assets[0].thumbnail = None;
    let mut empty = samples::landing(0, picture);
    empty.total_bytes = 0;
    empty.ends = Ends { expires_at: None, time_zone: "UTC".to_owned(), uses_left: Some(2) };
    vec![base(), list, options, view_only, one, one_sound, one_video, one_bare, empty]
}

fn gates() -> Vec<GatePage> {
    let gate = |needs_password, error| GatePage {
        brand: "Vitrine".to_owned(),
        token: "7Hk2mPq9RzX4vB8nWc3tLs".to_owned(),
        title: Some("Autumn press kit".to_owned()),
        needs_password,
        nonce: "9f8e7d".to_owned(),
        error,
    };
    vec![
        gate(false, None),
        gate(false, Some(GateError::Stale)),
        gate(true, None),
        gate(true, Some(GateError::WrongPassword)),
        gate(true, Some(GateError::TooManyTries { retry_after: 700 })),
    ]
}

fn ended() -> EndedPage {
    EndedPage { brand: "Vitrine".to_owned() }
}

fn problem() -> ProblemPage {
    ProblemPage {
        brand: "Vitrine".to_owned(),
        heading: "This file can't be downloaded".to_owned(),
        detail: "The link lets you look at its files only.".to_owned(),
        back: Some("/s/7Hk2mPq9RzX4vB8nWc3tLs".to_owned()),
    }
}

fn every_page() -> Vec<String> {
    let mut pages: Vec<String> = landings().iter().map(|page| page.render().unwrap()).collect();
    pages.extend(gates().iter().map(|page| page.render().unwrap()));
    pages.push(ended().render().unwrap());
    pages.push(problem().render().unwrap());
    pages
}

#[test]
fn every_page_keeps_the_content_security_policy() {
    for page in every_page() {
        assert!(page.starts_with("<!doctype html>"), "{page}");
        assert!(page.trim_end().ends_with("</html>"));
        assert!(!page.contains(" style="), "a style attribute");
        assert!(!page.contains("<style"), "an inline style sheet");
        assert!(!page.contains("javascript:"));
        for script in page.split("<script").skip(1) {
            assert!(
                script.contains(" src=\"/static/") && script.contains("></script>"),
                "an inline script: {script}"
            );
        }
        for word in [" onclick=", " onload=", " onerror=", " onsubmit="] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("<html lang=\"en\""));
        assert!(page.contains("<title>") && page.contains("<h1>"));
    }
}

#[test]
fn every_address_of_a_static_file_is_served() {
    for page in every_page() {
        for rest in page.split(&web::statics::url("")).skip(1) {
            let path = rest.split(['"', '#']).next().unwrap();
            assert!(web::statics::find(path).is_some(), "{path}");
        }
    }
}

#[test]
fn every_icon_of_a_page_exists() {
    let icons = web::statics::find("icons.svg").unwrap().bytes;
    let icons = std::str::from_utf8(&icons).unwrap();
    for page in every_page() {
        for rest in page.split("icons.svg#").skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(icons.contains(&format!("<symbol id=\"{name}\"")), "{name}");
        }
    }
}

#[test]
fn every_id_of_a_page_is_unique() {
    for page in every_page() {
        let mut ids: Vec<&str> =
            page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{ids:?}");
    }
}

/// Every page with one text in each place that takes text.
fn filled_with(text: &str) -> Vec<String> {
    let text = || text.to_owned();
    let mut pages = Vec::new();
    for mut page in landings() {
        (page.brand, page.token, page.title, page.ends.time_zone) = (text(), text(), text(), text());
        page.next = page.next.map(|_| text());
        page.attributes.iter_mut().for_each(|name| *name = text());
        for option in &mut page.options {
            *option = samples::option(&text(), &text());
        }
        for asset in &mut page.assets {
            (asset.id, asset.name, asset.file_type) = (text(), text(), text());
            asset.attributes.iter_mut().for_each(|value| *value = text());
            asset.state = AssetState::Failed { reason: text() };
            for download in &mut asset.downloads {
                *download = Download { rendition: text(), label: text(), url: text() };
            }
            if let Some(thumbnail) = &mut asset.thumbnail {
                thumbnail.url = text();
            }
            if let Some(preview) = &mut asset.preview {
                preview.url = text();
            }
        }
        pages.push(page.render().unwrap());
    }
    for mut page in gates() {
        (page.brand, page.token, page.nonce, page.title) = (text(), text(), text(), Some(text()));
        pages.push(page.render().unwrap());
    }
    pages.push(EndedPage { brand: text() }.render().unwrap());
    let page = ProblemPage { brand: text(), heading: text(), detail: text(), back: Some(text()) };
    pages.push(page.render().unwrap());
    pages
}

#[test]
fn hostile_names_stay_text() {
    let (hostile, harmless) = (filled_with(HOSTILE), filled_with("harmless"));
    assert_eq!(hostile.len(), every_page().len());
    for (hostile, harmless) in hostile.iter().zip(&harmless) {
        assert!(hostile.contains("alert(1)"), "the text is there");
        for markup in ['<', '>', '"', '\''] {
            assert_eq!(
                hostile.matches(markup).count(),
                harmless.matches(markup).count(),
                "{markup} {hostile}"
            );
        }
    }
}

#[test]
fn a_password_page_reveals_nothing_of_the_link() {
    for page in gates() {
        let html = page.render().unwrap();
        assert_eq!(html.contains("Autumn"), !page.needs_password);
        assert_eq!(html.contains("type=\"password\""), page.needs_password);
        assert!(html.contains("method=\"post\" action=\"/s/7Hk2mPq9RzX4vB8nWc3tLs\""));
        assert!(html.contains("name=\"visit\" value=\"9f8e7d\""));
    }
    let html = gates().pop().unwrap().render().unwrap();
    assert!(html.contains("Too many tries. Wait 12 minutes, then try again."));
}

#[test]
fn view_only_has_no_means_of_download() {
    let page = landings().into_iter().find(|page| page.access == Access::ViewOnly).unwrap().render().unwrap();
    assert!(page.contains("view only"));
    for means in [
        "ownload all",
        "/assets/",
        "#download",
        "original",
        "id=\"choose\"",
        "id=\"bundle\"",
        "type=\"checkbox\"",
    ] {
        assert!(!page.contains(means), "{means}");
    }
}

#[test]
fn the_header_shows_count_size_and_end() {
    let words = |page: &LandingPage| {
        let html = page.render().unwrap();
        let summary =
            html.split("class=\"summary muted figures\">").nth(1).unwrap().split("</p>").next().unwrap();
        let mut text = String::new();
        let mut inside = false;
        for c in summary.replace("</span>", "|").chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text
    };
    let pages = landings();
    assert_eq!(words(&pages[0]), "24 assets|318 MB|expires 4 December 2026|");
    assert_eq!(words(&pages[4]), "1 asset|318 MB|expires 4 December 2026|");
    assert_eq!(words(pages.last().unwrap()), "No assets|2 uses left|");
}

#[test]
fn next_page_view_preview_and_download_work_without_script() {
    let pages = landings();
    let html = pages[1].render().unwrap();
    assert!(html.contains("href=\"?view=list&amp;cursor=after%2F24%26x\""), "the next page");
    assert!(html.contains("href=\"?view=cards\""), "the toggle");
    assert!(html.contains("href=\"https://store.example/0-500.jpg\""), "the preview");
    assert!(
        html.contains("href=\"/s/7Hk2mPq9RzX4vB8nWc3tLs/assets/00000000000000000000000000000000/original\"")
    );
    let html = pages[2].render().unwrap();
    assert!(html.contains("popovertarget=\"get-00000000000000000000000000000000\""), "the menu of several");
}
