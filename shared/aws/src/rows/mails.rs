//! Mails' rows, beside their link's, and what finds a mail by the name its service gave it.
//!
//! A mail's row changes only from what its writer saw (its `revision`), so of two workers with the same message one
//! takes the mail, and a row that was deleted with its link stays deleted.

use aws_sdk_dynamodb::types::{
    ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::id::LinkId;
use domain::mail::{Mail, MailId, MailStatus, Mailing};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::rows::links::OwnedLink;
use crate::rows::table::{Cursor, Item, Key, Page, from_item, number, string, text, to_item};
use crate::{Cloud, Error, rows::links, rows::users};

/// Rows written at once.
const WRITES: usize = 16;
/// How long it is known which mail a name of the mail service means: bounces and complaints come within days.
const NOTICES_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What sending a mail reads first; each is `None` where it is gone.
#[derive(Debug)]
pub struct ToSend {
    /// The link, with the secret of its URL.
    pub link: Option<OwnedLink>,
    /// What the mail has in common with its mailing's others.
    pub mailing: Option<Mailing>,
    /// The mail.
    pub mail: Option<Mail>,
}

/// How many addresses one user may mail in a day (UTC): the site's good name with mail services is everybody's.
pub const MAILS_A_DAY: usize = 1_000;

/// What became of asking for a mailing.
#[derive(Debug, Clone)]
pub enum PutMailing {
    /// It stands: this one, or the one that the same request made before.
    Stands(Mailing),
    /// Its link is gone.
    LinkGone,
    /// Its sender has mailed [`MAILS_A_DAY`] today.
    TooMany,
}

fn mailing_key(mailing: &Mailing) -> Key {
    Key::new(links::partition_key(&mailing.link), format!("MAILING#{}", mailing.id))
}

fn mail_key(link: &LinkId, mail: &MailId) -> Key {
    Key::new(links::partition_key(link), format!("MAIL#{mail}"))
}

/// The row that says which mail the service calls `name`.
fn name_key(name: &str) -> Key {
    Key::new(format!("MAIL#{name}"), "MAIL")
}

fn read(item: Item) -> Result<Mail, Error> {
    from_item("read a mail", item)
}

/// Mailings' and mails' rows.
#[derive(Clone, Copy)]
pub struct Mails<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Mailings' and mails' rows.
    pub fn mails(&self) -> Mails<'_> {
        Mails(self)
    }
}

impl Mails<'_> {
    /// Puts the row of a mailing of so many addresses unless its request made one before. Together with it goes that
    /// its link still stands, so that no row outlives its link, and the count of what its sender mailed that day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_mailing(self, mailing: &Mailing, addresses: usize) -> Result<PutMailing, Error> {
        let doing = "put a mailing";
        let broken = |e: aws_sdk_dynamodb::error::BuildError| Error::broken(doing, e);
        let mut row = to_item(doing, mailing)?;
        row.extend(mailing_key(mailing).item());
        let stands = ConditionCheck::builder()
            .table_name(self.0.table())
            .set_key(Some(links::key(&mailing.link).item()))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(broken)?;
        let day = TimeZone::UTC.to_datetime(mailing.asked).date();
        let count = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(Key::new(users::partition(&mailing.sender), format!("MAILED#{day}")).item()))
            .update_expression("ADD mailed :n SET #ttl = :ttl")
            .condition_expression("attribute_not_exists(mailed) OR mailed <= :most")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":n", number(addresses))
            .expression_attribute_values(":most", number(MAILS_A_DAY.saturating_sub(addresses)))
            .expression_attribute_values(":ttl", number(mailing.asked.as_second() + 2 * 86_400))
            .build()
            .map_err(broken)?;
        let writes = vec![
            self.0.rows().new_row(doing, row)?,
            TransactWriteItem::builder().condition_check(stands).build(),
            TransactWriteItem::builder().update(count).build(),
        ];
        let Err(failed) = self.0.rows().write_together(doing, writes).await? else {
            return Ok(PutMailing::Stands(mailing.clone()));
        };
        if failed.first() == Some(&true) {
            // The row is gone only if its link was deleted in between.
            let standing = self.0.rows().get_item(doing, &mailing_key(mailing)).await?;
            let standing = standing.map(|item| from_item(doing, item)).transpose()?;
            return Ok(standing.map_or(PutMailing::LinkGone, PutMailing::Stands));
        }
        Ok(if failed.get(1) == Some(&true) { PutMailing::LinkGone } else { PutMailing::TooMany })
    }

    /// Puts mails' rows, those that don't stand yet, and gives all as they stand, in the same order.
    ///
    /// # Errors
    /// When the store fails; some may stand then, and the same call again is safe.
    pub async fn put(self, mails: &[Mail]) -> Result<Vec<Mail>, Error> {
        let doing = "put a mail";
        let puts = mails.iter().map(|mail| async move {
            let standing =
                self.put_new(doing, to_item(doing, mail)?, &mail_key(&mail.link, &mail.id)).await?;
            standing.map_or_else(|| Ok(mail.clone()), read)
        });
        // Collected first: a stream over borrowing closures is not Send.
        let puts: Vec<_> = puts.collect();
        stream::iter(puts).buffered(WRITES).try_collect().await
    }

    /// Puts a row where there is none; gives the one that is there.
    async fn put_new(self, doing: &'static str, mut row: Item, key: &Key) -> Result<Option<Item>, Error> {
        use aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException;
        row.extend(key.item());
        let put = self
            .0
            .dynamodb()
            .put_item()
            .table_name(self.0.table())
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(None),
            Err(e) => match e.as_service_error() {
                Some(ConditionalCheckFailedException(refused)) => {
                    let old = refused.item.clone();
                    Ok(Some(old.ok_or_else(|| Error::broken(doing, "the old row was not told"))?))
                }
                _ => Err(Error::sdk(doing, e)),
            },
        }
    }

    /// A page of a link's mails, the newest mailing first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(
        self,
        link: &LinkId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Mail>, Error> {
        let doing = "list mails";
        let pk = links::partition_key(link);
        let mut items: Vec<Item> = Vec::new();
        // A place outside of what is listed is none: DynamoDB would refuse it.
        let after = after.filter(|after| after.0.starts_with("MAIL#"));
        let mut start = after.map(|after| Key::new(&pk, &after.0).item());
        // DynamoDB ends an answer at 1 MB, which may come before the limit.
        loop {
            let answer = self
                .0
                .dynamodb()
                .query()
                .table_name(self.0.table())
                .key_condition_expression("pk = :pk AND begins_with(sk, :mails)")
                .expression_attribute_values(":pk", string(&pk))
                .expression_attribute_values(":mails", string("MAIL#"))
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(i32::try_from(limit + 1 - items.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|e| Error::sdk(doing, e))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || items.len() > limit {
                break;
            }
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more).and_then(|item| text(item, "sk"));
        let next = last.map(|key| Cursor(key.to_owned()));
        Ok(Page { items: items.into_iter().map(read).collect::<Result<_, _>>()?, next })
    }

    /// A mail with what sending it needs, in one consistent read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_to_send(self, link: &LinkId, mail: &MailId) -> Result<ToSend, Error> {
        let doing = "read a mail to send";
        let mailing = Key::new(links::partition_key(link), format!("MAILING#{}", mail.mailing()));
        let keys = [links::key(link), links::token_key(link), mailing, mail_key(link, mail)];
        let mut items = self.0.rows().get_items(doing, &keys).await?.into_iter();
        let mut next = || items.next().flatten();
        Ok(ToSend {
            link: links::read_owned(next(), next())?,
            mailing: next().map(|item| from_item(doing, item)).transpose()?,
            mail: next().map(read).transpose()?,
        })
    }

    /// Changes a mail from what was `seen` of it. Gives it as it is then, or `None` where another was first or the
    /// mail is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change(
        self,
        seen: &Mail,
        status: MailStatus,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Mail>, Error> {
        let at = if status == seen.status { seen.at } else { now };
        let reason = reason.map(str::to_owned);
        let mail = Mail { status, reason, at, touched: now, revision: seen.revision + 1, ..seen.clone() };
        let written = self.0.rows().write_alone("change a mail", self.update(seen, &mail)?).await?;
        Ok(written.is_ok().then_some(mail))
    }

    /// The write of what a mail is now, from what was `seen` of it.
    fn update(self, seen: &Mail, mail: &Mail) -> Result<Update, Error> {
        let (expression, values) = change(mail, seen.revision)?;
        Update::builder()
            .table_name(self.0.table())
            .set_key(Some(mail_key(&mail.link, &mail.id).item()))
            .update_expression(expression)
            .condition_expression(AS_SEEN)
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#at", "at")
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|e| Error::broken("change a mail", e))
    }

    /// Notes that the mail service took a mail that this worker had claimed (`seen`), and what it calls it, so that a
    /// bounce finds the mail. `false` where the mail is gone, or was given up.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_sent(self, seen: &Mail, name: &str, now: Timestamp) -> Result<bool, Error> {
        let doing = "note a mail as sent";
        let broken = |e| Error::broken(doing, e);
        let sent = Mail {
            status: MailStatus::Sent,
            reason: None,
            at: now,
            touched: now,
            revision: seen.revision + 1,
            ..seen.clone()
        };
        let mut row = name_key(name).item();
        row.insert("link".into(), string(seen.link.as_str()));
        row.insert("mail".into(), string(seen.id.as_str()));
        row.insert("ttl".into(), number(now.saturating_add(NOTICES_FOR).unwrap_or(now).as_second()));
        let put = Put::builder().table_name(self.0.table()).set_item(Some(row)).build().map_err(broken)?;
        let writes = vec![
            TransactWriteItem::builder().update(self.update(seen, &sent)?).build(),
            TransactWriteItem::builder().put(put).build(),
        ];
        Ok(self.0.rows().write_together(doing, writes).await?.is_ok())
    }

    /// The mail that the mail service calls `name`, if it is one of this site's.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_named(self, name: &str) -> Result<Option<(LinkId, MailId)>, Error> {
        let doing = "find a mail by its service's name";
        let Some(row) = self.0.rows().get_item(doing, &name_key(name)).await? else { return Ok(None) };
        let part = |name| text(&row, name).unwrap_or_default().to_owned();
        let link = LinkId::try_from(part("link")).map_err(|e| Error::broken(doing, e))?;
        let mail = MailId::try_from(part("mail")).map_err(|e| Error::broken(doing, e))?;
        Ok(Some((link, mail)))
    }

    /// Notes that a mail came back, whatever its row says by now. `false` where the row is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_bounce(
        self,
        link: &LinkId,
        mail: &MailId,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let doing = "note a bounce";
        let update = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(mail_key(link, mail).item()))
            .update_expression(
                "SET #status = :bounced, reason = :reason, #at = :now, touched = :now ADD revision :one",
            )
            // The first notice stays: a complaint may follow a bounce, and each may come twice.
            .condition_expression("attribute_exists(pk) AND #status <> :bounced")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":bounced", string("bounced"))
            .expression_attribute_values(":reason", string(reason))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":one", number(1))
            .build()
            .map_err(|e| Error::broken(doing, e))?;
        Ok(self.0.rows().write_alone(doing, update).await?.is_ok())
    }
}

/// That a mail's row is as it was seen.
const AS_SEEN: &str = "revision = :seen";

/// The expression that writes what may change of a mail, with its values and that of [`AS_SEEN`].
fn change(mail: &Mail, seen: u64) -> Result<(&'static str, Item), Error> {
    let mut row = to_item("change a mail", mail)?;
    let mut values = Item::from([(":seen".to_owned(), number(seen))]);
    for name in ["status", "at", "touched", "revision", "reason"] {
        values.extend(row.remove(name).map(|value| (format!(":{name}"), value)));
    }
    let expression = match mail.reason {
        Some(_) => {
            "SET #status = :status, #at = :at, touched = :touched, revision = :revision, reason = :reason"
        }
        None => "SET #status = :status, #at = :at, touched = :touched, revision = :revision REMOVE reason",
    };
    Ok((expression, values))
}
