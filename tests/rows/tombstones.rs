//! Files that go and come back.

use aws::rows::assets::{Change, Stored, Written};
use aws::rows::order::Order;
use aws::rows::sets::PageOf;
use domain::asset::Asset;
use domain::library::counts::Counts;
use domain::set::Set;
use stage::{Stores, samples};

use crate::{added, changed, next};

async fn stored(stores: &Stores, asset: &Asset) -> Option<Stored> {
    stores.cloud.assets().find_stored(std::slice::from_ref(&asset.id)).await.unwrap().pop().unwrap()
}

async fn commit(stores: &Stores, change: Change) -> Written {
    stores.cloud.assets().commit(vec![change]).await.pop().unwrap().unwrap()
}

#[tokio::test]
async fn an_asset_that_comes_back_is_the_same_with_all_that_people_gave_it() {
    let stores = Stores::open().await;
    let mut asset = samples::asset("Press", "a.jpg");
    asset.attributes.insert("Credit".into(), "A. Adams".into());
    stores.add(std::slice::from_ref(&asset)).await;
    assert_eq!(commit(&stores, changed(&asset, None)).await, Written::Done);

    assert_eq!(stores.cloud.assets().find(&asset.id).await.unwrap(), None);
    assert_eq!(stores.cloud.sets().counts(&Set::library()).await.unwrap(), Counts::default());
    for set in [Set::library(), Set::Folder("Press".into()), Set::Asset(asset.id.clone())] {
        for order in [Order::Natural, Order::Newest] {
            let page = stores
                .cloud
                .sets()
                .list_members(&set, &PageOf { order, after: None, limit: 9, sorted: 9 })
                .await
                .unwrap()
                .unwrap();
            assert_eq!(page.items, [], "{set:?} {order:?}");
        }
    }
    let gone = stored(&stores, &asset).await;
    let Some(Stored::Gone(kept)) = &gone else { panic!("{gone:?}") };
    assert_eq!(kept.attributes, asset.attributes);

    let back = Asset { revision: kept.revision + 2, ..kept.clone() };
    assert_eq!(commit(&stores, Change { was: gone.clone(), now: Some(back.clone()) }).await, Written::Done);
    assert_eq!(stores.cloud.assets().find(&asset.id).await.unwrap(), Some(back));
    assert_eq!(stores.cloud.sets().counts(&Set::library()).await.unwrap().asset_count, 1);
}

#[tokio::test]
async fn late_events_of_a_life_before_change_nothing_in_the_next() {
    let stores = Stores::open().await;
    let asset = samples::asset("Press", "a.jpg");
    stores.add(std::slice::from_ref(&asset)).await;
    commit(&stores, changed(&asset, None)).await;
    let gone = stored(&stores, &asset).await;
    // Neither a writer that takes the asset for new, nor one that read it before it went.
    assert_eq!(commit(&stores, added(&asset)).await, Written::Outdated);
    let rendered = next(&asset, |asset| asset.width = Some(1));
    assert_eq!(commit(&stores, changed(&asset, Some(rendered))).await, Written::Outdated);
    assert_eq!(commit(&stores, changed(&asset, None)).await, Written::Outdated);
    let back = Asset { revision: asset.revision + 2, ..asset.clone() };
    assert_eq!(commit(&stores, Change { was: gone.clone(), now: Some(back.clone()) }).await, Written::Done);
    // Nor one that saw it gone, after it came back.
    assert_eq!(commit(&stores, Change { was: gone, now: Some(back) }).await, Written::Outdated);
    assert_eq!(stores.cloud.sets().counts(&Set::library()).await.unwrap().asset_count, 1);
}
