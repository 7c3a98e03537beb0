//! Writes every page with sample content and the static files into a folder, to view them without a running site:
//! `cargo run -p web --example sample_pages -- DIR`. The pages expect images at `/pictures/<n>-150.jpg` and
//! `/pictures/<n>-500.jpg`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use askama::Template as _;
use web::pages::*;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write to")?);
    let set = web::statics::SHARED.last();
    let statics = folder.join("static").join(set.hash());
    fs::create_dir_all(&statics)?;
    for file in set.files() {
        fs::write(statics.join(&*file.path), &file.bytes)?;
    }
    let picture = |index| format!("/pictures/{}", index % 24);
    let base = || samples::landing(24, picture);
    let several = |page: &mut LandingPage| {
        page.options = vec![samples::option("original", "Original"), samples::option("preview", "Preview")];
        for asset in &mut page.assets {
            asset.downloads.push(samples::download(&asset.id, "preview", "Preview"));
        }
    };
    let write = |name: &str, html: String| fs::write(folder.join(format!("{name}.html")), html);

    let mut cards = base();
    cards.next = Some("24".to_owned());
    several(&mut cards);
    write("cards", cards.render()?)?;
    let mut list = cards.clone();
    list.view = View::List;
    write("list", list.render()?)?;
    list.attributes = ["Credit", "Location", "Rights", "Caption"].map(str::to_owned).to_vec();
    for asset in &mut list.assets {
        asset.attributes =
            ["A. Müller", "Engadin", "Editorial use, until 2027", "Early on an October morning"]
                .map(str::to_owned)
                .to_vec();
    }
    write("attributes", list.render()?)?;
    let mut view_only = base();
    view_only.access = Access::ViewOnly;
    view_only.options.clear();
    view_only.assets.iter_mut().for_each(|asset| asset.downloads.clear());
    write("view_only", view_only.render()?)?;
    let mut few = samples::landing(3, picture);
    few.ends.uses_left = Some(2);
    write("few", few.render()?)?;
    let mut one = samples::landing(1, picture);
    one.attributes = vec!["Credit".to_owned(), "Location".to_owned()];
    one.assets[0].attributes = vec!["A. Müller".to_owned(), "Engadin".to_owned()];
    write("one", one.render()?)?;
    several(&mut one);
    one.assets[0] = AssetCard { downloads: one.assets[0].downloads.clone(), ..samples::asset(2, &picture) };
    write("one_portrait", one.render()?)?;
    one.assets[0] = samples::asset(5, &picture);
    write("one_pdf", one.render()?)?;
    let mut empty = samples::landing(0, picture);
    empty.total_bytes = 0;
    write("empty", empty.render()?)?;

    let gate = |needs_password, error| GatePage {
        brand: "Vitrine".to_owned(),
        token: "7Hk2mPq9RzX4vB8nWc3tLs".to_owned(),
        title: Some("Autumn press kit".to_owned()),
        needs_password,
        nonce: "9f8e7d".to_owned(),
        error,
    };
    write("gate", gate(false, None).render()?)?;
    write("gate_password", gate(true, None).render()?)?;
    write("gate_wrong", gate(true, Some(GateError::WrongPassword)).render()?)?;
    write("gate_wait", gate(true, Some(GateError::TooManyTries { retry_after: 700 })).render()?)?;
    write("ended", EndedPage { brand: "Vitrine".to_owned() }.render()?)?;
    let problem = ProblemPage {
        brand: "Vitrine".to_owned(),
        heading: "This file can't be downloaded".to_owned(),
        detail: "The link lets you look at its files only.".to_owned(),
        back: Some("/s/7Hk2mPq9RzX4vB8nWc3tLs".to_owned()),
    };
    write("problem", problem.render()?)?;
    Ok(())
}
