//! After a restart the site continues where it was.

use e2e::{Recipient, Site, story};
use serde_json::json;

#[test]
fn links_visits_and_bundles_survive_a_restart() {
    story(async {
        let mut site = Site::start().await;
        let carl = site.user("carl").await;
        let link = carl.share_folder("Autumn", json!({"max_uses": 3, "password": "pass"})).await;
        let visitor = Recipient::new();
        visitor.open_with(&link, "pass").await.is(303);
        let bundle = visitor.bundle_all(&link).await;
        let zip = visitor.save_bundle(&link, &bundle).await.bytes;
        let nonce = Recipient::new().nonce(&link).await;
        let before = (carl.read(&link).await, visitor.assets(&link).await.len());

        site.restart().await;
        // The same sign-in, visit, bundle and gate page still work.
        assert_eq!((carl.read(&link).await, visitor.assets(&link).await.len()), before);
        assert_eq!(visitor.bundle_all(&link).await, bundle);
        assert_eq!(visitor.save_bundle(&link, &bundle).await.bytes, zip);
        Recipient::new().post(&link, &nonce, "pass").await.is(303);
        assert_eq!(carl.read(&link).await["used"], 2);
        let asset = &visitor.assets(&link).await[0];
        visitor.fetch(asset["thumbnail_url"].as_str().unwrap_or(&link.url)).await.is(200);
        carl.wait_for_ingest(e2e::files::tree(&site.library()).len()).await;
    });
}
