//! A recipient browses a link: pages of assets, sorted and searched.

use std::collections::HashSet;

use e2e::{Recipient, Site, story};
use serde_json::{Value, json};

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|asset| asset["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn assets_are_sorted_by_natural_name_order_or_date() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        let by_name = recipient.get(&link, "/assets?sort=name").await.is(200).json();
        assert_eq!(names(&by_name), ["back.jpg", "front.jpg", "side 2.jpg", "side 10.jpg"]);
        let newest = recipient.get(&link, "/assets?sort=-created").await.is(200).json();
        let mut sorted = names(&newest);
        sorted.sort();
        assert_eq!(sorted, ["back.jpg", "front.jpg", "side 10.jpg", "side 2.jpg"]);
    });
}

#[test]
fn the_pages_contain_every_asset_once() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", json!({})).await;
        let recipient = Recipient::new();
        for sort in ["name", "-created"] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let rest = format!("/assets?limit=3&sort={sort}&cursor={cursor}");
                let page = recipient.get(&link, &rest).await.is(200).json();
                assert!(names(&page).len() <= 3);
                seen.extend(names(&page));
                match page["next"].as_str() {
                    Some(next) => cursor = next.to_owned(),
                    None => break,
                }
            }
            assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (7, 7), "{sort}: {seen:?}");
        }
    });
}

#[test]
fn a_search_finds_names_in_any_case_and_script() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", json!({})).await;
        let recipient = Recipient::new();
        for (typed, found) in [
            ("LEAF", vec!["Leaf.jpg", "leaf.jpg"]),
            ("m%C3%9CLLER", vec!["Müller am See.jpg"]),
            ("mu%CC%88ller", vec!["Müller am See.jpg"]),
            ("%E6%97%A5%E6%9C%AC", vec!["日本の秋.png"]),
            ("moon", vec![]),
            ("see+mull", vec!["Müller am See.jpg"]),
            ("%E7%A7%8B", vec!["日本の秋.png"]),
            ("eaf", vec![]),
        ] {
            let list = recipient.get(&link, &format!("/assets?q={typed}")).await.is(200).json();
            let mut names = names(&list);
            names.sort();
            assert_eq!(names, found, "{typed}");
        }
        let marks = recipient.get(&link, "/assets?q=%25+%21").await.is(422).json();
        assert_eq!(marks["errors"][0]["message"], "Type letters or digits to search for.");
    });
}

#[test]
fn a_bad_query_is_refused_and_named() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", json!({})).await;
        let recipient = Recipient::new();
        let long = "x".repeat(300);
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=-1", "limit"),
            ("limit=ten", "limit"),
            ("sort=size", "sort"),
            ("cursor=%21", "cursor"),
            (&format!("q={long}"), "q"),
        ] {
            let refused = recipient.get(&link, &format!("/assets?{query}")).await.is(422);
            assert_eq!(refused.faults(), [field], "{query}");
        }
    });
}

#[test]
fn the_view_in_the_address_works_without_script() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", json!({"attributes": ["Credit"]})).await;
        let recipient = Recipient::new();
        let cards = recipient.page(&link).await.is(200).text();
        let list = recipient.page_at(&link, "?view=list").await.is(200).text();
        assert!(cards.contains(r#"data-view="cards""#) && list.contains(r#"data-view="list""#));
        assert!(list.contains("Credit"), "the link's attributes are columns");
        for page in [&cards, &list] {
            assert!(page.contains("7 assets"), "{page}");
            for name in ["forest path", "Müller am See", "日本の秋", "price list", "rain"] {
                assert!(page.contains(name), "{name}");
            }
        }
    });
}
