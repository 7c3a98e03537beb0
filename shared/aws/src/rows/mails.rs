//! The rows of mails, in their link's partition, and the rows that find a mail by the mail service's message id.
//!
//! A mail's row is changed only if it still has the revision that its writer read. Of two workers with the same message
//! only one sends the mail, and a row that was deleted with its link stays deleted.

use aws_sdk_dynamodb::types::{
    ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::id::LinkId;
use domain::mail::{Mail, MailId, MailStatus, Mailing};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::rows::links::OwnedLink;
use crate::rows::table::{Cursor, Item, Key, Page, from_item, number, send_until, string, text, to_item};
use crate::{Cloud, Error, rows::links, rows::users};

/// The most rows that are written at the same time.
const WRITES: usize = 16;
/// How long a message id is kept: bounces and complaints come within days.
const MESSAGE_ID_LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What must be read to send a mail. A row that was deleted is `None`.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is the row of its name")]
pub struct ToSend {
    pub link: Option<OwnedLink>,
    pub mailing: Option<Mailing>,
    pub mail: Option<Mail>,
}

/// The most addresses that one user may mail in a day (UTC), so that one user can't spoil the site's reputation with
/// mail services.
pub const MAILS_A_DAY: usize = 1_000;

/// The outcome of writing a mailing.
#[derive(Debug, Clone)]
pub enum PutMailing {
    /// The mailing's row exists: this mailing, or the one that the same request made before.
    Stored(Mailing),
    /// The link was deleted.
    LinkGone,
    /// The sender has reached [`MAILS_A_DAY`].
    TooMany,
}

fn mailing_key(mailing: &Mailing) -> Key {
    Key::new(links::partition_key(&mailing.link), format!("MAILING#{}", mailing.id))
}

fn mail_key(link: &LinkId, mail: &MailId) -> Key {
    Key::new(links::partition_key(link), format!("MAIL#{mail}"))
}

/// The key of the row that names the mail with this message id.
fn message_id_key(message_id: &str) -> Key {
    Key::new(format!("MAIL#{message_id}"), "MAIL")
}

fn read_mail(item: Item) -> Result<Mail, Error> {
    from_item("read a mail", item)
}

/// The rows of mailings and mails.
#[derive(Clone, Copy)]
pub struct Mails<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// The rows of mailings and mails.
    pub fn mails(&self) -> Mails<'_> {
        Mails(self)
    }
}

impl Mails<'_> {
    /// Writes the row of a mailing to so many addresses, unless the same request wrote it before. The transaction also
    /// checks that the link exists, so that no row outlives its link, and counts the addresses that the sender mailed
    /// that day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_mailing(self, mailing: &Mailing, addresses: usize) -> Result<PutMailing, Error> {
        let doing = "write a mailing";
        let broken = |e: aws_sdk_dynamodb::error::BuildError| Error::broken(doing, e);
        let mut row = to_item(doing, mailing)?;
        row.extend(mailing_key(mailing).item());
        let link_exists = ConditionCheck::builder()
            .table_name(self.0.table())
            .set_key(Some(links::key(&mailing.link).item()))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(broken)?;
        let day = TimeZone::UTC.to_datetime(mailing.asked).date();
        let count = Update::builder()
            .table_name(self.0.table())
            .set_key(Some(Key::new(users::partition_key(&mailing.sender), format!("MAILED#{day}")).item()))
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
            TransactWriteItem::builder().condition_check(link_exists).build(),
            TransactWriteItem::builder().update(count).build(),
        ];
        let Err(failed) = self.0.rows().write_together(doing, writes).await? else {
            return Ok(PutMailing::Stored(mailing.clone()));
        };
        if failed.first() == Some(&true) {
            // The row that refused this one is missing now only if its link was deleted in between.
            let stored = self.0.rows().get_item(doing, &mailing_key(mailing)).await?;
            let stored = stored.map(|item| from_item(doing, item)).transpose()?;
            return Ok(stored.map_or(PutMailing::LinkGone, PutMailing::Stored));
        }
        Ok(if failed.get(1) == Some(&true) { PutMailing::LinkGone } else { PutMailing::TooMany })
    }

    /// Writes the rows of mails that do not exist yet. Returns all mails as their rows are now, in the same order.
    ///
    /// # Errors
    /// When the store fails; some rows may exist then, and the same call may be repeated.
    pub async fn put(self, mails: &[Mail]) -> Result<Vec<Mail>, Error> {
        let doing = "write a mail";
        let puts = mails.iter().map(|mail| async move {
            let existing =
                self.put_new(doing, to_item(doing, mail)?, &mail_key(&mail.link, &mail.id)).await?;
            existing.map_or_else(|| Ok(mail.clone()), read_mail)
        });
        // Collected, because a stream over closures that borrow is not `Send`.
        let puts: Vec<_> = puts.collect();
        stream::iter(puts).buffered(WRITES).try_collect().await
    }

    /// Writes a row if there is none with this key; otherwise returns the existing row.
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
                    Ok(Some(old.ok_or_else(|| Error::broken(doing, "the answer has no old row"))?))
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
        // DynamoDB would refuse a start key that is not a mail's, so such a cursor is ignored.
        let after = after.filter(|after| after.0.starts_with("MAIL#"));
        let request = self
            .0
            .dynamodb()
            .query()
            .table_name(self.0.table())
            .key_condition_expression("pk = :pk AND begins_with(sk, :mails)")
            .expression_attribute_values(":pk", string(&pk))
            .expression_attribute_values(":mails", string("MAIL#"))
            .consistent_read(true)
            .scan_index_forward(false)
            .set_exclusive_start_key(after.map(|after| Key::new(&pk, &after.0).item()));
        let (mut items, _) = send_until(doing, request, limit + 1).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more).and_then(|item| text(item, "sk"));
        let next = last.map(|key| Cursor(key.to_owned()));
        Ok(Page { items: items.into_iter().map(read_mail).collect::<Result<_, _>>()?, next })
    }

    /// A mail and what is needed to send it, in one consistent read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_to_send(self, link: &LinkId, mail: &MailId) -> Result<ToSend, Error> {
        let doing = "read a mail to send";
        let mailing = Key::new(links::partition_key(link), format!("MAILING#{}", mail.mailing()));
        let keys = [&links::owned_keys(link)[..], &[mailing, mail_key(link, mail)]].concat();
        let mut items = self.0.rows().get_items(doing, &keys).await?.into_iter();
        let mut next = || items.next().flatten();
        Ok(ToSend {
            link: links::read_owned([next(), next(), next()])?,
            mailing: next().map(|item| from_item(doing, item)).transpose()?,
            mail: next().map(read_mail).transpose()?,
        })
    }

    /// Changes a mail if its row is still as `seen`. Returns the changed mail, or `None` if another worker changed the
    /// row first or it was deleted.
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

    /// The write of what a mail is now, if it is still as `seen`.
    fn update(self, seen: &Mail, mail: &Mail) -> Result<Update, Error> {
        let (expression, values) = change_expression(mail, seen.revision)?;
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

    /// Records that the mail service accepted a mail that this worker had claimed (`seen`), and its message id, by
    /// which a bounce finds the mail. Returns `false` if the mail was deleted or given up.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_sent(self, seen: &Mail, message_id: &str, now: Timestamp) -> Result<bool, Error> {
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
        let mut row = message_id_key(message_id).item();
        row.insert("link".into(), string(seen.link.as_str()));
        row.insert("mail".into(), string(seen.id.as_str()));
        row.insert("ttl".into(), number(now.saturating_add(MESSAGE_ID_LASTS).unwrap_or(now).as_second()));
        let put = Put::builder().table_name(self.0.table()).set_item(Some(row)).build().map_err(broken)?;
        let writes = vec![
            TransactWriteItem::builder().update(self.update(seen, &sent)?).build(),
            TransactWriteItem::builder().put(put).build(),
        ];
        Ok(self.0.rows().write_together(doing, writes).await?.is_ok())
    }

    /// The mail with this message id of the mail service; `None` if this site did not send it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_by_message_id(self, message_id: &str) -> Result<Option<(LinkId, MailId)>, Error> {
        let doing = "find a mail by its message id";
        let Some(row) = self.0.rows().get_item(doing, &message_id_key(message_id)).await? else {
            return Ok(None);
        };
        let part = |name| text(&row, name).unwrap_or_default().to_owned();
        let link = LinkId::try_from(part("link")).map_err(|e| Error::broken(doing, e))?;
        let mail = MailId::try_from(part("mail")).map_err(|e| Error::broken(doing, e))?;
        Ok(Some((link, mail)))
    }

    /// Records that a mail bounced, at any revision of its row. Returns `false` if it was deleted or has bounced
    /// before.
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
            // The first notice is kept: a complaint may follow a bounce, and each notice may come twice.
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

/// The condition that a mail's row still has the revision that was read.
const AS_SEEN: &str = "revision = :seen";

/// The expression that writes the fields of a mail that may change, and the values for it and for [`AS_SEEN`].
fn change_expression(mail: &Mail, seen: u64) -> Result<(&'static str, Item), Error> {
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
