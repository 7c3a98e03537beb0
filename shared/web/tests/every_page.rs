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

/// A page without what every change of a script or style changes in it.
fn settled(page: &str) -> String {
    page.replace(&web::statics::url(""), "/static/HASH/")
}

/// A landing page of this many assets, which is enough to see each kind of row.
fn landing(count: u32) -> LandingPage {
    samples::landing(count, |index| format!("https://store.example/{index}"))
}

#[test]
fn a_grid_of_assets() {
    let mut page = landing(3);
    page.next = Some("after/3&x".to_owned());
    page.options.push(samples::option("preview", "Preview"));
    for asset in &mut page.assets {
        asset.downloads.push(samples::download(&asset.id, "preview", "Preview"));
    }
    page.assets[1].state = AssetState::Processing;
    page.assets[2].state = AssetState::Failed { reason: "The file is cut short".to_owned() };
    insta::assert_snapshot!("landing_grid", settled(&page.render().unwrap()));
}

#[test]
fn a_list_of_assets_with_attributes() {
    let mut page = landing(2);
    page.view = View::List;
    page.attributes = vec!["Credit".to_owned(), "Rights".to_owned()];
    for asset in &mut page.assets {
        asset.attributes = vec!["A. Müller".to_owned(), String::new()];
    }
    insta::assert_snapshot!("landing_list", settled(&page.render().unwrap()));
}

#[test]
fn one_asset() {
    insta::assert_snapshot!("landing_one_asset", settled(&landing(1).render().unwrap()));
}

#[test]
fn assets_to_look_at_only() {
    let mut page = landing(2);
    page.access = Access::ViewOnly;
    page.options.clear();
    page.assets.iter_mut().for_each(|asset| asset.downloads.clear());
    insta::assert_snapshot!("landing_view_only", settled(&page.render().unwrap()));
}

#[test]
fn a_link_without_assets() {
    let mut page = landing(0);
    page.total_bytes = 0;
    page.ends = Ends { expires_at: None, time_zone: "UTC".to_owned(), uses_left: Some(2) };
    insta::assert_snapshot!("landing_empty", settled(&page.render().unwrap()));
}

#[test]
fn the_gate_and_what_went_wrong_at_it() {
    let [open, stale, locked, wrong, waiting] = gates().try_into().unwrap();
    let settled = |page: GatePage| settled(&page.render().unwrap());
    insta::assert_snapshot!("gate", settled(open));
    insta::assert_snapshot!("gate_stale", settled(stale));
    insta::assert_snapshot!("gate_password", settled(locked));
    insta::assert_snapshot!("gate_wrong_password", settled(wrong));
    insta::assert_snapshot!("gate_too_many_tries", settled(waiting));
}

#[test]
fn the_end_of_a_link_and_a_problem() {
    insta::assert_snapshot!("ended", settled(&ended().render().unwrap()));
    insta::assert_snapshot!("problem", settled(&problem().render().unwrap()));
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
    }
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
