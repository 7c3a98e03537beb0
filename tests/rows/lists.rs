//! Lists of assets.

use aws::rows::order::Order;
use aws::rows::sets::PageOf;
use domain::asset::Asset;
use domain::id::ListId;
use domain::link::Target;
use domain::set::Set;
use jiff::SignedDuration;
use stage::{Stores, samples};

async fn shared(stores: &Stores, assets: &[Asset]) -> ListId {
    let owned = stores.share_selection(assets, |link| link.target = Target::Selection).await;
    ListId::of_link(&owned.link.id)
}

#[tokio::test]
async fn a_list_keeps_its_order_in_pages_and_leaves_out_what_went() {
    let stores = Stores::open().await;
    let assets = ["c.jpg", "a.jpg", "b.jpg"].map(|name| samples::asset("Press", name));
    let set = Set::List(shared(&stores, &assets).await);
    let names = async |order, limit| {
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let page = stores
                .cloud
                .sets()
                .list_members(&set, &PageOf { order, after: after.as_ref(), limit, sorted: 3 })
                .await;
            let page = page.unwrap().unwrap();
            names.extend(page.items.into_iter().map(|asset| asset.name));
            after = page.next;
            if after.is_none() {
                return names;
            }
        }
    };
    assert_eq!(names(Order::Natural, 2).await, ["c.jpg", "a.jpg", "b.jpg"]);
    assert_eq!(names(Order::Name, 2).await, ["a.jpg", "b.jpg", "c.jpg"]);
    stores.cloud.assets().replace(Some(&assets[1]), None).await.unwrap();
    for limit in [1, 2, 9] {
        assert_eq!(names(Order::Natural, limit).await, ["c.jpg", "b.jpg"]);
    }
    let found =
        stores.cloud.sets().find_members(&set, &assets.each_ref().map(|asset| asset.id.clone())).await;
    assert_eq!(found.unwrap(), [Some(assets[0].clone()), None, Some(assets[2].clone())]);
}

#[tokio::test]
async fn a_list_of_several_rows_is_read_whole_and_says_who_is_a_member() {
    let stores = Stores::open().await;
    let assets: Vec<Asset> = (0..2_500).map(|n| samples::asset("Press", &format!("{n:04}.jpg"))).collect();
    let list = ListId::of_link(&samples::link().id);
    stores.cloud.lists().put_selection(&list, &assets, samples::moment()).await.unwrap();
    stores.add(&assets[2_499..]).await;
    let read = stores.cloud.lists().find(&list).await.unwrap().unwrap();
    assert!(read.ids.iter().eq(assets.iter().map(|asset| &asset.id)), "in their order");
    assert_eq!(read.counts.asset_count, 2_500);
    let other = samples::asset("Press", "other.jpg");
    stores.add(std::slice::from_ref(&other)).await;
    let (set, ids) = (Set::List(list), [other.id, assets[2_499].id.clone(), assets[0].id.clone()]);
    let found = stores.cloud.sets().find_members(&set, &ids);
    let found: Vec<bool> = found.await.unwrap().iter().map(Option::is_some).collect();
    assert_eq!(found, [false, true, false], "a stranger, a member, and a member that is not in the library");
}

#[tokio::test]
async fn a_change_of_an_asset_is_seen_through_its_list_at_once() {
    let stores = Stores::open().await;
    let asset = samples::asset("Press", "a.jpg");
    let set = Set::List(shared(&stores, std::slice::from_ref(&asset)).await);
    let wider = Asset {
        width: Some(7),
        revision: 1,
        created: asset.created + SignedDuration::from_secs(1),
        ..asset.clone()
    };
    stores.cloud.assets().replace(Some(&asset), Some(&wider)).await.unwrap();
    let page = stores
        .cloud
        .sets()
        .list_members(&set, &PageOf { order: Order::Newest, after: None, limit: 5, sorted: 5 })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(page.items, [wider]);
}
