//! Queues with SQS's semantics, in one SQLite file. A message is delivered at least once; it is hidden after each delivery,
//! delivered again if it is not deleted in time, and becomes a dead letter after too many deliveries. Messages survive a
//! crash of the process.

pub mod poller;
pub mod protocol;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Notify;

/// The largest message body, in bytes.
pub const MESSAGE_LIMIT: usize = 1024 * 1024;

/// A queue's settings.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The queue's name.
    pub name: &'static str,
    /// How long a received message stays hidden.
    pub visibility: SignedDuration,
    /// How often a message is delivered before it becomes a dead letter.
    pub max_receives: u32,
    /// Whether messages are delivered many at a time. If the process ended during a delivery, that is then no reason to
    /// give a message up, because another one of the batch may have ended it.
    pub batched: bool,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// There is no queue of that name.
    #[error("there is no queue {0:?}")]
    NoSuchQueue(String),
    /// The body is larger than [`MESSAGE_LIMIT`].
    #[error("a message of {0} bytes is larger than {MESSAGE_LIMIT} bytes")]
    TooLarge(usize),
    /// The file could not be read or written.
    #[error("the queues' file can't be read or written: {0}")]
    Store(#[from] rusqlite::Error),
    /// The process ended during the call.
    #[error("the queues are shutting down")]
    Stopped,
}

/// A message to send.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    /// The message's text.
    pub body: String,
    /// The time before its first delivery.
    pub delay: SignedDuration,
}

/// A message as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The id, which is the same at each delivery.
    pub id: String,
    /// What deletes or hides the message; it is valid only for this delivery.
    pub receipt: String,
    /// The message's text.
    pub body: String,
    /// How often it was delivered, including this time.
    pub receives: u32,
    /// When it was sent.
    pub sent: Timestamp,
    /// When it was first delivered.
    pub first_received: Timestamp,
}

/// A message that was delivered too often.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the same fields as of a message")]
pub struct DeadLetter {
    pub id: String,
    pub body: String,
    pub receives: u32,
    /// When it became a dead letter.
    pub at: Timestamp,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Ready for delivery.
    pub waiting: u64,
    /// Hidden, because they were received or are delayed.
    pub hidden: u64,
    /// Dead letters.
    pub dead: u64,
}

/// All queues; cheap to clone.
#[derive(Clone)]
pub struct Queues(Arc<Inner>);

struct Inner {
    file: Mutex<Connection>,
    queues: HashMap<&'static str, (Rules, Notify)>,
}

impl Queues {
    /// Opens the queues in the file `path`. Messages that were received when the process ended are delivered again at once,
    /// since no other process can be handling them; the interrupted delivery counts.
    ///
    /// # Errors
    /// If the file can't be read or written, as for all calls.
    pub fn open(path: &Path, rules: &[Rules]) -> Result<Self, QueueError> {
        let file = Connection::open(path)?;
        file.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
             CREATE TABLE IF NOT EXISTS message (
                 number INTEGER PRIMARY KEY,
                 id TEXT NOT NULL UNIQUE,
                 queue TEXT NOT NULL,
                 body TEXT NOT NULL,
                 sent INTEGER NOT NULL,
                 visible INTEGER NOT NULL,
                 receives INTEGER NOT NULL DEFAULT 0,
                 first_received INTEGER,
                 receipt TEXT,
                 died INTEGER
             );
             CREATE INDEX IF NOT EXISTS due ON message (queue, visible) WHERE died IS NULL;
             CREATE INDEX IF NOT EXISTS tried ON message (queue, receives) WHERE died IS NULL;
             CREATE INDEX IF NOT EXISTS held ON message (receipt) WHERE receipt IS NOT NULL;
             ",
        )?;
        for rules in rules {
            // The process that has ended received it, so it stays a message that was delivered before.
            file.execute(
                "UPDATE message SET visible = 0, receipt = NULL, receives = max(receives - ?2, 1)
                 WHERE queue = ?1 AND receipt IS NOT NULL",
                (rules.name, u32::from(rules.batched)),
            )?;
        }
        let queues = rules.iter().map(|rules| (rules.name, (*rules, Notify::new()))).collect();
        Ok(Self(Arc::new(Inner { file: Mutex::new(file), queues })))
    }

    /// Sends all messages to a queue, or none, and gives their ids in order. They are on the disk when this returns.
    ///
    /// # Errors
    /// If there is no such queue, or a message is too large.
    pub async fn send(
        &self,
        queue: &str,
        messages: Vec<Outgoing>,
        now: Timestamp,
    ) -> Result<Vec<String>, QueueError> {
        let (rules, wake) = self.queue(queue)?;
        if let Some(big) = messages.iter().find(|m| m.body.len() > MESSAGE_LIMIT) {
            return Err(QueueError::TooLarge(big.body.len()));
        }
        let name = rules.name;
        let ids = self
            .run_on_file(move |file| {
                // A message must be on the disk before its sender gets the answer. Other changes may be lost if the
                // power fails (not if the process ends); then a message is delivered once more.
                file.pragma_update(None, "synchronous", "FULL")?;
                let transaction = file.transaction()?;
                let mut insert = transaction
                    .prepare("INSERT INTO message (id, queue, body, sent, visible) VALUES (?, ?, ?, ?, ?)")?;
                let mut ids = Vec::with_capacity(messages.len());
                for message in messages {
                    let id = random_id();
                    let visible = (now + message.delay).as_millisecond();
                    insert.execute(params![id, name, message.body, now.as_millisecond(), visible])?;
                    ids.push(id);
                }
                drop(insert);
                let sent = transaction.commit();
                file.pragma_update(None, "synchronous", "NORMAL")?;
                sent.map(|()| ids)
            })
            .await?;
        wake.notify_one();
        Ok(ids)
    }

    /// Receives up to `max` messages that are due, the longest due first, and hides them for `visibility` (`None`: the
    /// queue's own). Messages that were delivered too often become dead letters instead.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn receive(
        &self,
        queue: &str,
        max: usize,
        visibility: Option<SignedDuration>,
        now: Timestamp,
    ) -> Result<Vec<Message>, QueueError> {
        let (rules, _) = self.queue(queue)?;
        let rules = *rules;
        let until = (now + visibility.unwrap_or(rules.visibility)).as_millisecond();
        self.run_on_file(move |file| {
            let transaction = file.transaction()?;
            move_to_dead_letters(&transaction, rules, now)?;
            let mut due = transaction.prepare_cached(
                "SELECT number, id, body, receives, sent, first_received FROM message INDEXED BY due
                 WHERE queue = ? AND visible <= ? AND died IS NULL ORDER BY visible, number LIMIT ?",
            )?;
            let rows = due.query_map(params![rules.name, now.as_millisecond(), max], |row| {
                let message = Message {
                    id: row.get(1)?,
                    receipt: random_id(),
                    body: row.get(2)?,
                    receives: row.get::<_, u32>(3)? + 1,
                    sent: to_timestamp(row.get(4)?),
                    first_received: row.get::<_, Option<i64>>(5)?.map_or(now, to_timestamp),
                };
                Ok((row.get::<_, i64>(0)?, message))
            })?;
            let received = rows.collect::<Result<Vec<_>, _>>()?;
            drop(due);
            let mut hide = transaction.prepare_cached(
                "UPDATE message SET visible = ?, receives = ?, first_received = ?, receipt = ? WHERE number = ?",
            )?;
            for (number, message) in &received {
                let first = message.first_received.as_millisecond();
                hide.execute(params![until, message.receives, first, message.receipt, number])?;
            }
            drop(hide);
            transaction.commit()?;
            Ok(received.into_iter().map(|(_, message)| message).collect())
        })
        .await
    }

    /// Deletes a message that was handled. False if the receipt is no longer valid, because the message was delivered
    /// again since.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn delete(&self, queue: &str, receipt: &str) -> Result<bool, QueueError> {
        let (name, receipt) = (self.queue(queue)?.0.name, receipt.to_owned());
        self.run_on_file(move |file| {
            let sql = "DELETE FROM message WHERE receipt = ? AND queue = ? AND died IS NULL";
            Ok(file.prepare_cached(sql)?.execute(params![receipt, name])? == 1)
        })
        .await
    }

    /// Hides a received message for `hidden` from now on; with zero it is due at once. False if the receipt is no longer
    /// valid.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn set_visibility(
        &self,
        queue: &str,
        receipt: &str,
        hidden: SignedDuration,
        now: Timestamp,
    ) -> Result<bool, QueueError> {
        let (rules, wake) = self.queue(queue)?;
        let (name, receipt) = (rules.name, receipt.to_owned());
        let changed = self
            .run_on_file(move |file| {
                let sql = "UPDATE message SET visible = ? WHERE receipt = ? AND queue = ? AND died IS NULL";
                let visible = (now + hidden).as_millisecond();
                Ok(file.prepare_cached(sql)?.execute(params![visible, receipt, name])? == 1)
            })
            .await?;
        wake.notify_one();
        Ok(changed)
    }

    /// The dead letters of a queue, oldest first.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn dead_letters(&self, queue: &str) -> Result<Vec<DeadLetter>, QueueError> {
        let name = self.queue(queue)?.0.name;
        self.run_on_file(move |file| {
            let mut dead = file.prepare_cached(
                "SELECT id, body, receives, died FROM message WHERE queue = ? AND died IS NOT NULL ORDER BY died",
            )?;
            let rows = dead.query_map([name], |row| {
                Ok(DeadLetter { id: row.get(0)?, body: row.get(1)?, receives: row.get(2)?, at: to_timestamp(row.get(3)?) })
            })?;
            rows.collect()
        })
        .await
    }

    /// How many messages a queue holds.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn counts(&self, queue: &str, now: Timestamp) -> Result<Counts, QueueError> {
        let name = self.queue(queue)?.0.name;
        self.run_on_file(move |file| {
            file.query_row(
                "SELECT count(*) FILTER (WHERE died IS NULL AND visible <= ?2),
                        count(*) FILTER (WHERE died IS NULL AND visible > ?2),
                        count(*) FILTER (WHERE died IS NOT NULL) FROM message WHERE queue = ?1",
                params![name, now.as_millisecond()],
                |row| Ok(Counts { waiting: row.get(0)?, hidden: row.get(1)?, dead: row.get(2)? }),
            )
        })
        .await
    }

    /// When the next message becomes due; `None` for an empty queue.
    async fn next_due(&self, queue: &str) -> Result<Option<Timestamp>, QueueError> {
        let name = self.queue(queue)?.0.name;
        self.run_on_file(move |file| {
            let sql = "SELECT visible FROM message WHERE queue = ? AND died IS NULL ORDER BY visible LIMIT 1";
            Ok(file.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?.map(to_timestamp))
        })
        .await
    }

    fn queue(&self, name: &str) -> Result<&(Rules, Notify), QueueError> {
        self.0.queues.get(name).ok_or_else(|| QueueError::NoSuchQueue(name.to_owned()))
    }

    async fn run_on_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, QueueError> {
        let inner = self.0.clone();
        let work = move || work(&mut inner.file.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tokio::task::spawn_blocking(work).await.map_err(|_| QueueError::Stopped)??)
    }
}

/// Makes dead letters of messages that were delivered too often, and logs them.
fn move_to_dead_letters(file: &Connection, rules: Rules, now: Timestamp) -> rusqlite::Result<()> {
    let mut update = file.prepare_cached(
        "UPDATE message INDEXED BY tried SET died = ?1, receipt = NULL
         WHERE queue = ?2 AND visible <= ?1 AND died IS NULL AND receives >= ?3 RETURNING id, receives",
    )?;
    let mut rows = update.query(params![now.as_millisecond(), rules.name, rules.max_receives])?;
    while let Some(row) = rows.next()? {
        let (id, receives): (String, u32) = (row.get(0)?, row.get(1)?);
        tracing::error!(
            queue = rules.name,
            message_id = id,
            receives,
            "a message was delivered too often and is a dead letter now"
        );
    }
    Ok(())
}

fn to_timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A random id in the form of a UUID, as SQS's message ids.
pub(crate) fn random_id() -> String {
    let hex: String = aws::random::bytes::<16>().iter().map(|b| format!("{b:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests;
