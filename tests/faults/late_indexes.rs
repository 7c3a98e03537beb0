//! Work that finds its rows by an index that lags.

use std::time::Duration;

use domain::id::{AssetId, LinkId};
use domain::set::SetRef;
use e2e::faults::Rates;
use e2e::{rows, story};

use crate::table::Table;

#[test]
fn a_selection_follows_its_asset_although_the_index_lags() {
    story(async {
        let table = Table::new().await;
        rows::fill(&table.cloud, 1).await;
        let id = AssetId::of("library/bench 1/photograph 00000.jpg");
        let first = table.cloud.assets().find(&id).await.unwrap().unwrap();
        let (link, now) = (LinkId::of("t"), aws::clock::now());
        table.cloud.sets().put_selection(&link, "1 asset", std::slice::from_ref(&first), now).await.unwrap();
        table.faults.set_rates(Rates { late: 1.0, lag: Duration::from_secs(20), ..Rates::NONE });
        let mut was = first;
        for width in [1, 2, 3] {
            let mut now = was.clone();
            (now.width, now.revision) = (Some(width), was.revision + 1);
            table.cloud.assets().replace(Some(&was), Some(&now)).await.unwrap();
            was = now;
        }
        let member = table.cloud.sets().find_member(&SetRef::selection(&link), &id).await.unwrap();
        assert_eq!(member.unwrap().width, Some(3));
    });
}
