//! Folders and trees as ranges of indexes, and their orders.

use aws::rows::order::Order;
use aws::rows::sets::PageOf;
use aws::rows::table::Cursor;
use domain::asset::Asset;
use domain::set::Set;
use jiff::SignedDuration;
use stage::{Stores, samples};

/// The keys below the library of all pages of two, or `None` if there are more than `sorted` to sort.
async fn listed(stores: &Stores, set: &Set, order: Order, sorted: usize) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = stores
            .cloud
            .sets()
            .list_members(set, &PageOf { order, after: after.as_ref(), limit: 2, sorted })
            .await
            .unwrap()?;
        assert!(page.items.len() <= 2);
        keys.extend(page.items.iter().map(|asset| asset.key.trim_start_matches("library/").to_owned()));
        after = page.next.map(|cursor| Cursor::parse(&cursor.to_string()).unwrap());
        if after.is_none() {
            return Some(keys);
        }
    }
}

async fn filled() -> Stores {
    let stores = Stores::open().await;
    let keys =
        ["Press|b.jpg", "Press|a 10.jpg", "Press/Autumn|c.jpg", "Press|a 9.jpg", "press|x.jpg", "|top.jpg"];
    for (n, key) in (0..).zip(keys) {
        let (folder, name) = key.split_once('|').unwrap();
        let asset = samples::asset(folder, name);
        let created = asset.created + SignedDuration::from_secs(n);
        stores.add(&[Asset { created, ..asset }]).await;
    }
    stores
}

#[tokio::test]
async fn a_folder_a_tree_and_the_library_are_listed_in_each_order() {
    let stores = filled().await;
    let (folder, tree) = (Set::Folder("Press".to_owned()), Set::Tree("Press".to_owned()));
    let own = ["Press/a 9.jpg", "Press/a 10.jpg", "Press/b.jpg"];
    let all = |keys: &[&str]| Some(keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
    for order in [Order::Natural, Order::Name] {
        assert_eq!(listed(&stores, &folder, order, 0).await, all(&own));
    }
    assert_eq!(
        listed(&stores, &folder, Order::Newest, 0).await,
        all(&["Press/a 9.jpg", "Press/a 10.jpg", "Press/b.jpg"])
    );
    assert_eq!(
        listed(&stores, &tree, Order::Natural, 0).await,
        all(&["Press/a 9.jpg", "Press/a 10.jpg", "Press/b.jpg", "Press/Autumn/c.jpg"])
    );
    assert_eq!(
        listed(&stores, &tree, Order::Newest, 4).await,
        all(&["Press/a 9.jpg", "Press/Autumn/c.jpg", "Press/a 10.jpg", "Press/b.jpg"])
    );
    assert_eq!(
        listed(&stores, &Set::library(), Order::Natural, 0).await.unwrap().first().map(String::as_str),
        Some("top.jpg"),
        "the library's own assets come first"
    );
    assert_eq!(
        listed(&stores, &Set::library(), Order::Newest, 0).await.unwrap().first().map(String::as_str),
        Some("top.jpg"),
        "it was added last"
    );
    let by_name = listed(&stores, &Set::library(), Order::Name, 6).await.unwrap();
    assert_eq!(by_name[..3], ["Press/a 9.jpg", "Press/a 10.jpg", "Press/b.jpg"]);
}

#[tokio::test]
async fn an_order_without_an_index_is_made_for_a_bounded_number() {
    let stores = filled().await;
    let tree = Set::Tree("Press".to_owned());
    assert_eq!(listed(&stores, &tree, Order::Name, 3).await, None);
    assert_eq!(listed(&stores, &tree, Order::Name, 4).await.unwrap().len(), 4);
}

#[tokio::test]
async fn twins_of_a_folder_list_none_of_each_other() {
    let stores = Stores::open().await;
    for (one, other) in [("Press", "press"), ("t\u{e9}", "te\u{301}")] {
        stores.add(&[samples::asset(one, "a.jpg"), samples::asset(&format!("{other}/below"), "a.jpg")]).await;
        for order in [Order::Natural, Order::Newest] {
            let of_one = listed(&stores, &Set::Tree(one.to_owned()), order, 9).await.unwrap();
            assert_eq!(of_one, [format!("{one}/a.jpg")]);
        }
    }
}
