//! Messages whose work failed.

use e2e::faults::Kind;
use e2e::site::Scratch;
use e2e::{files, story};

use crate::start_site;

#[test]
fn a_file_that_could_not_be_read_once_is_read_soon_after() {
    story(async {
        let scratch = Scratch::new();
        let library = scratch.library();
        let files = files::tree(&library).len();
        let (site, faults) = start_site(scratch).await;
        // The SDK tries three times, so the message fails, and is not delivered again with the queue's time-out.
        for _ in 0..3 {
            faults.plan(Kind::Failed, "GET", "first.jpg");
        }
        files::put(&library, "Late/first.jpg", &files::library()[0].1);
        site.user("ada").await.wait_for_ingest(files + 1).await;
        assert_eq!((faults.left(), faults.count(Kind::Failed)), (0, 3));
        let put_off = site.cloud().calls().snapshot()["SQS.ChangeMessageVisibility"];
        assert_eq!(put_off, 1);
    });
}
