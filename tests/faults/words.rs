//! Edits that cross, files that go and come back, and the tidying of the word index between them: each order of events
//! is forced. A word that an asset has is never lost.

use aws::Cloud;
use aws::clock::now;
use aws::rows::assets::{Change, Stored, Written};
use aws::rows::order::Order;
use bytes::Bytes;
use domain::asset::Asset;
use domain::event::IngestMessage;
use domain::library::query::Query;
use domain::library::words::{Word, WordChange, words_of};
use e2e::faults::Kind;
use e2e::story;
use futures_util::future::join;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use local_inside::ROWS_URL;
use serde_json::{Value, json};
use stage::{Stores, samples};

use crate::table::Table;

/// An asset with this caption, as it is at this revision.
fn asset(caption: &str, revision: u64) -> Asset {
    let mut asset = samples::asset("Press", "a1.jpg");
    asset.attributes.insert("Caption".to_owned(), caption.to_owned());
    Asset { revision, ..asset }
}

fn words(text: &str) -> Vec<Word> {
    words_of(text).into_iter().collect()
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// A change as a function makes it, in its steps.
struct Edit<'a> {
    cloud: &'a Cloud,
    was: Option<Stored>,
    now: Option<Asset>,
    change: WordChange,
}

impl<'a> Edit<'a> {
    fn new(cloud: &'a Cloud, was: Option<&Asset>, now: Option<&Asset>) -> Self {
        let change = WordChange::between(was, now);
        Self { cloud, was: was.cloned().map(Stored::Here), now: now.cloned(), change }
    }

    /// The change of an asset whose file comes back.
    fn back(cloud: &'a Cloud, gone: &Asset, now: &Asset) -> Self {
        let change = WordChange::between(None, Some(now));
        Self { cloud, was: Some(Stored::Gone(gone.clone())), now: Some(now.clone()), change }
    }

    async fn put(&self, at: Timestamp) {
        if let Some(now) = &self.now {
            self.cloud.words().put(&[(now, &self.change.put)], at).await.unwrap();
        }
    }

    async fn commit(&self) -> Written {
        let change = Change { was: self.was.clone(), now: self.now.clone() };
        self.cloud.assets().write_rows(vec![change]).await.pop().unwrap().unwrap()
    }

    async fn all(self, at: Timestamp) -> WordChange {
        self.put(at).await;
        assert_eq!(self.commit().await, Written::Done);
        self.change
    }
}

/// How many assets a search finds.
async fn finds(table: &Table, typed: &str) -> usize {
    let query = Query::parse(typed).unwrap().unwrap();
    table.cloud.words().search(&query, Order::Name, None, 50, &|_| true).await.unwrap().assets.len()
}

/// Those of these words that have a posting for the asset.
async fn postings(table: &Table, among: &[Word]) -> Vec<Word> {
    let mut found = Vec::new();
    for word in among {
        let pk = format!("WORD#{}", word.head());
        let key = json!({"pk": {"S": pk}, "sk": {"S": word.posting(&asset("", 1).id)}});
        let body = json!({"TableName": "vitrine", "Key": key}).to_string();
        let get = Request::post("/").header("x-amz-target", "DynamoDB_20120810.GetItem");
        let answer = table.inside.answer(ROWS_URL, get.body(Bytes::from(body)).unwrap()).await.unwrap();
        let answer: Value = serde_json::from_slice(answer.body()).unwrap();
        found.extend(answer["Item"]["at"]["N"].is_string().then(|| word.clone()));
    }
    found
}

/// A table with one asset, indexed an hour ago.
async fn indexed(asset: &Asset) -> Table {
    let table = Table::new().await;
    Edit::new(&table.cloud, None, Some(asset)).all(now() - minutes(60)).await;
    table
}

#[test]
fn a_word_that_one_edit_drops_and_the_next_one_adds_is_kept() {
    story(async {
        let [first, second, third] = [asset("x w", 1), asset("x", 2), asset("x w", 3)];
        let table = indexed(&first).await;
        let of_a = Edit::new(&table.cloud, Some(&first), Some(&second)).all(now()).await;
        assert_eq!(of_a.tidy, words("w"));
        Edit::new(&table.cloud, Some(&second), Some(&third)).all(now()).await;
        // The message of the first edit, however late and however often.
        for later in [15, 16, 60, 10_000] {
            let young = table.cloud.words().tidy(&first.id, &of_a.tidy, now() + minutes(later)).await;
            assert_eq!(young.unwrap(), [], "the row has it");
        }
        assert_eq!(finds(&table, "w").await, 1);
    });
}

#[test]
fn a_word_is_kept_while_the_row_that_has_it_is_not_written_yet() {
    story(async {
        let [first, second, third] = [asset("x w", 1), asset("x", 2), asset("x w", 3)];
        let table = indexed(&first).await;
        let of_a = Edit::new(&table.cloud, Some(&first), Some(&second)).all(now()).await;
        let of_b = Edit::new(&table.cloud, Some(&second), Some(&third));
        of_b.put(now()).await;
        let young = table.cloud.words().tidy(&first.id, &of_a.tidy, now() + minutes(9)).await.unwrap();
        assert_eq!(young, words("w"), "it is looked at again later");
        assert_eq!(of_b.commit().await, Written::Done);
        let young = table.cloud.words().tidy(&first.id, &young, now() + minutes(30)).await.unwrap();
        assert_eq!((young, finds(&table, "w").await), (vec![], 1));
    });
}

#[test]
fn a_word_is_kept_that_is_put_between_the_reading_and_the_deletion_of_its_old_posting() {
    story(async {
        let [first, second, third] = [asset("x w", 1), asset("x", 2), asset("x w", 3)];
        let table = indexed(&first).await;
        let of_a = Edit::new(&table.cloud, Some(&first), Some(&second)).all(now()).await;
        let (slow, gate) = table.behind_gate("DeleteItem");
        let tidied = slow.words().tidy(&first.id, &of_a.tidy, now());
        let of_b = async {
            gate.arrived().await;
            Edit::new(&table.cloud, Some(&second), Some(&third)).all(now()).await;
            gate.open();
        };
        assert_eq!(join(tidied, of_b).await.0.unwrap(), []);
        assert_eq!(finds(&table, "w").await, 1);
    });
}

#[test]
fn an_edit_that_another_one_overtook_takes_no_word_away() {
    story(async {
        let first = asset("x", 1);
        let table = indexed(&first).await;
        let (of_b, of_c) = (asset("b w", 2), asset("c w", 2));
        let of_b = Edit::new(&table.cloud, Some(&first), Some(&of_b));
        let of_c = Edit::new(&table.cloud, Some(&first), Some(&of_c));
        of_b.put(now() - minutes(30)).await;
        of_c.put(now() - minutes(30)).await;
        assert_eq!(of_c.commit().await, Written::Done);
        assert_eq!(of_b.commit().await, Written::Outdated);
        // B's message looks at B's own words too, of which only the one that C has not is deleted.
        assert_eq!(table.cloud.words().tidy(&first.id, &of_b.change.tidy, now()).await.unwrap(), []);
        assert_eq!(postings(&table, &words("a1 b c jpg w x")).await, words("a1 c jpg w"));
        assert_eq!((finds(&table, "w").await, finds(&table, "c").await), (1, 1));
    });
}

#[test]
fn a_file_that_comes_back_keeps_its_words_although_its_removal_is_tidied_meanwhile() {
    story(async {
        let seventh = asset("x w", 7);
        let table = indexed(&seventh).await;
        let removal = Edit::new(&table.cloud, Some(&seventh), None).all(now()).await;
        assert_eq!(removal.tidy, words("a1 jpg w x"));
        let (slow, gate) = table.behind_gate("DeleteItem");
        let tidied = slow.words().tidy(&seventh.id, &removal.tidy, now());
        let comes_back = async {
            gate.arrived().await;
            Edit::back(&table.cloud, &seventh, &asset("x w", 9)).all(now()).await;
            gate.open();
        };
        assert_eq!(join(tidied, comes_back).await.0.unwrap(), []);
        for later in [0, 60] {
            table.cloud.words().tidy(&seventh.id, &removal.tidy, now() + minutes(later)).await.unwrap();
        }
        assert_eq!(postings(&table, &removal.tidy).await, removal.tidy);
        assert_eq!(finds(&table, "w a1.jpg").await, 1);
    });
}

#[test]
fn what_no_row_has_is_deleted_when_it_is_old_and_a_lost_answer_does_not_matter() {
    story(async {
        let (first, second) = (asset("x w", 1), asset("x", 2));
        let table = indexed(&first).await;
        let change = Edit::new(&table.cloud, Some(&first), Some(&second)).all(now()).await;
        table.faults.plan(Kind::Lost, "DeleteItem", "");
        assert_eq!(table.cloud.words().tidy(&first.id, &change.tidy, now()).await.unwrap(), []);
        let left = postings(&table, &words("a1 jpg x w")).await;
        assert_eq!((table.faults.left(), left), (0, words("a1 jpg x")));
    });
}

#[test]
fn all_words_are_put_although_the_table_does_not_process_some_at_first() {
    story(async {
        let table = Table::new().await;
        let caption: Vec<String> = (100..190).map(|n| n.to_string()).collect();
        for _ in 0..5 {
            table.faults.plan(Kind::Unprocessed, "BatchWriteItem", "");
        }
        let asset = asset(&caption.join(" "), 1);
        let change = WordChange::between(None, Some(&asset));
        // An asset that comes twice in one call is put once.
        table.cloud.words().put(&[(&asset, &change.put), (&asset, &change.put)], now()).await.unwrap();
        assert_eq!((table.faults.left(), postings(&table, &change.put).await), (0, change.put.clone()));
        assert_eq!(change.put.len(), 92);
    });
}

#[test]
fn a_message_to_tidy_waits_15_minutes_and_is_sent_again_for_words_that_are_too_young() {
    story(async {
        let stores = Stores::open().await;
        let (first, second) = (asset("x w", 1), asset("x", 2));
        Edit::new(&stores.cloud, None, Some(&first)).all(now() - minutes(16)).await;
        let change = Edit::new(&stores.cloud, Some(&first), Some(&second)).all(now()).await;
        stores.cloud.queues().send_tidy(&first.id, change.tidy).await.unwrap();
        let handle = async |body: String| {
            let event = stage::batch([stage::delivered(body, 1)]);
            ingest_asset::handle(event, &stores.cloud).await.unwrap().batch_item_failures.len()
        };
        let (message, seconds) = stores.sent_later().remove(0);
        assert_eq!(seconds, 900);
        assert_eq!(handle(message.clone()).await, 0);
        assert_eq!(
            stores.sent_later(),
            [(message.clone(), 900), (message, 900)],
            "the posting is 16 minutes old"
        );
        let tidy = IngestMessage::Tidy { asset: first.id.clone(), words: words("jpg") };
        assert_eq!(handle(serde_json::to_string(&tidy).unwrap()).await, 0);
        assert_eq!(stores.sent_later().len(), 2, "a word that the asset has is done with");
    });
}
