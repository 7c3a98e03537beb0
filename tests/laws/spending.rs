//! DynamoDB's condition for spending a use equals the rule in `Link::can_be_used`, and a use is never spent without a
//! visit.

use std::sync::Arc;

use aws::Cloud;
use aws::clock::now;
use aws::rows::links::{Edited, OwnedLink};
use aws::rows::spend_use::Spent;
use domain::gate::{Approach, approach};
use domain::link::{Link, LinkTerms};
use domain::token::LinkToken;
use domain::visit::{Nonce, Visit, VisitKey};
use e2e::{Site, story};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use stage::samples;

const OWNER: &str = "owner of random links";

/// A link's terms, and when it is opened.
#[derive(Debug, Clone)]
struct Case {
    max_uses: Option<u32>,
    used: u32,
    /// Milliseconds from the opening to the link's end.
    ends_in: Option<i64>,
    /// What the opener judged.
    judged: Judged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    /// The link as it is.
    Current,
    /// The link before its owner changed its end and its number of uses.
    BeforeOtherTerms,
    /// The link before its owner changed its security too.
    BeforeOtherSecurity,
}

fn cases() -> impl Strategy<Value = Case> {
    let near =
        prop_oneof![Just(0_i64), Just(1), Just(-1), -5_000_i64..5_000, any::<i32>().prop_map(i64::from)];
    (
        proptest::option::of(prop_oneof![1_u32..5, Just(1_000_000)]),
        0_u32..6,
        proptest::option::of(near),
        prop_oneof![
            3 => Just(Judged::Current),
            1 => Just(Judged::BeforeOtherTerms),
            1 => Just(Judged::BeforeOtherSecurity)
        ],
    )
        .prop_map(|(max_uses, used, ends_in, judged)| Case { max_uses, used, ends_in, judged })
}

fn link(case: &Case, token: &LinkToken, opening: Timestamp) -> Link {
    Link {
        id: token.link_id(),
        owner: OWNER.parse().unwrap(),
        target: samples::folder("nowhere"),
        terms: LinkTerms {
            expires_at: case.ends_in.map(|ms| opening + SignedDuration::from_millis(ms)),
            max_uses: case.max_uses,
            ..LinkTerms::usual()
        },
        used: case.used,
        visit_key: VisitKey::from_random(aws::random::bytes()),
        created: opening,
        updated: opening,
        ..samples::link()
    }
}

async fn check(cloud: &Cloud, case: Case) -> Result<(), TestCaseError> {
    // The table stores whole milliseconds.
    let opening = Timestamp::from_millisecond(now().as_millisecond()).unwrap();
    let token = LinkToken::from_random(aws::random::bytes());
    let link = link(&case, &token, opening);
    let permanent = Link { terms: LinkTerms::usual(), ..link.clone() };
    let judged = match case.judged {
        Judged::Current => link.clone(),
        Judged::BeforeOtherTerms => permanent,
        Judged::BeforeOtherSecurity => {
            Link { visit_key: VisitKey::from_random(aws::random::bytes()), ..permanent }
        }
    };
    cloud.links().create(&OwnedLink { link: judged.clone(), token }).await.unwrap();
    let link = match case.judged {
        Judged::Current => link,
        Judged::BeforeOtherTerms | Judged::BeforeOtherSecurity => Link { revision: 1, ..link },
    };
    if link != judged {
        prop_assert_eq!(cloud.links().edit(&judged, &link).await.unwrap(), Edited::Done);
    }
    let nonce = Nonce::from_random(aws::random::bytes());
    let visit = Visit::open(&nonce, None, &judged.visit_key, opening, judged.terms.expires_at);

    let expected = link.can_be_used(opening) && case.judged != Judged::BeforeOtherSecurity;
    let spent = cloud.visits().spend_use(&judged, &visit, None, opening).await.unwrap();
    prop_assert_eq!(spent == Spent::Opened, expected, "{:?}", spent);
    let (row, stored_visit) = cloud.visits().link_and_visit(&link.id, Some(&visit.id)).await.unwrap();
    let row = row.unwrap();
    prop_assert_eq!(row.used, case.used + u32::from(expected));
    prop_assert_eq!(stored_visit.is_some(), expected, "a visit without its use, or a use without its visit");

    // The same request again spends nothing.
    let again = cloud.visits().spend_use(&judged, &visit, None, opening).await.unwrap();
    prop_assert_eq!(again, if expected { Spent::AlreadyOpen } else { Spent::Refused });
    prop_assert_eq!(cloud.visits().link_and_visit(&link.id, None).await.unwrap().0.unwrap().used, row.used);

    // If the link has a gate, the visit passes it.
    if expected && link.has_gate() {
        let cookie = link.visit_key.cookie(&nonce);
        let approached = approach(Some(row), stored_visit.as_ref(), Some(&cookie), opening);
        prop_assert!(matches!(approached, Ok(Approach::Admitted(_))), "{:?}", approached);
    }
    Ok(())
}

#[test]
fn the_condition_for_spending_a_use_equals_the_rule_of_the_link() {
    let site = Arc::new(story(Site::start()));
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(case in cases())| {
        story(check(site.cloud(), case))?;
    });
}
