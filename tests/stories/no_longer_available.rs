//! A link that has ended and one that never existed look the same, except for the status.

use aws::clock::now;
use e2e::{Recipient, Site, story, wait_for};
use jiff::SignedDuration;
use serde_json::json;

#[test]
fn unknown_deleted_malformed_and_ended_links_get_the_same_page() {
    story(async {
        let site = Site::shared().await;
        let carl = site.user("carl").await;
        let (deleted, used_up) = (
            carl.share_folder("Product", json!({})).await,
            carl.share_folder("Product", json!({"max_uses": 1})).await,
        );
        let soon = (now() + SignedDuration::from_secs(1)).to_string();
        let locked = json!({"expires": soon, "password": "pass", "title": "Secret"});
        let expired = carl.share_folder("Product", locked).await;
        carl.delete_link(&deleted).await.is(204);
        Recipient::new().open(&used_up).await.is(303);
        let recipient = Recipient::new();
        wait_for("the end", || async { (recipient.page(&expired).await.status == 410).then_some(()) }).await;

        let unknown = deleted.with_token(&"a".repeat(22));
        let page = recipient.page(&unknown).await.is(404);
        let document = recipient.document(&unknown).await.is(404);
        assert!(page.text().contains("This link is not available"));
        assert_eq!(document.header("content-type"), "application/problem+json");
        for link in [
            deleted.clone(),
            deleted.with_token("x"),
            deleted.with_token(&"a".repeat(3000)),
            deleted.with_token("%C3%A9%20%F0%9F%8D%82"),
            deleted.with_token("..%2F..%2Fetc%2Fpasswd"),
            deleted.with_token("%00"),
            deleted.with_token("%ff"),
            deleted.with_token("%C3%28"),
            deleted.with_token(&format!("{}%0d%0aSet-Cookie:%20a=b", deleted.token)),
        ] {
            assert_eq!(recipient.page(&link).await.is(404).text(), page.text(), "{}", link.token);
            assert_eq!(recipient.document(&link).await.is(404).text(), document.text(), "{}", link.token);
            assert_eq!(recipient.get(&link, "/assets").await.is(404).text(), document.text());
            recipient.post(&link, &"b".repeat(22), "").await.is(404);
        }
        for link in [&used_up, &expired] {
            assert_eq!(recipient.page(link).await.is(410).text(), page.text());
            let (ended, never) = (recipient.document(link).await.is(410).json(), document.json());
            for field in ["title", "detail", "type"] {
                assert_eq!(ended[field], never[field], "{field}");
            }
        }
    });
}

#[test]
fn a_malformed_token_stays_malformed_after_url_parsing() {
    story(async {
        let site = Site::shared().await;
        let link = site.user("carl").await.share_folder("Product", json!({})).await;
        let recipient = Recipient::new();
        let (never, document) = (link.with_token(&"a".repeat(22)), "/assets");
        let page = recipient.page(&never).await.is(404).text();
        let list = recipient.get(&never, document).await.is(404).text();
        let (start, end) = link.token.split_at(11);
        // A URL parser turns each of these into the link's own token, because it drops or cuts some characters.
        for token in [
            format!("{}%00", link.token),
            format!("{}%20", link.token),
            format!("{}%0d%0a", link.token),
            format!("{start}%09{end}"),
            format!("{start}%0a{end}"),
            format!("{}%23x", link.token),
            format!("x%2f..%2f{}", link.token),
        ] {
            let malformed = link.with_token(&token);
            assert_eq!(recipient.page(&malformed).await.is(404).text(), page, "{token}");
            assert_eq!(recipient.get(&malformed, document).await.is(404).text(), list, "{token}");
            assert_eq!(
                recipient.page_at(&malformed, "/assets/x/original").await.is(404).text(),
                page,
                "{token}"
            );
            recipient.post(&malformed, &"b".repeat(22), "").await.is(404);
        }
        recipient.page(&link).await.is(200);
    });
}
