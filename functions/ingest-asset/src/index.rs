//! Makes the rows of assets agree with their objects in the bucket, many at a time: the changes are written in groups.
//!
//! Events come at least once and in any order, so the object is looked at instead of trusting the event. A small file
//! is read, rendered and written in one step. A large one is only listed, and a message has it rendered, so that
//! listing never waits for it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws::Cloud;
use aws::objects::read::ObjectHead;
use aws::rows::assets::{Change, Stored, Written};
use domain::asset::{Asset, AssetState, parts_of_key};
use domain::event::IngestMessage;
use domain::file_type::FileType;
use domain::id::{AssetId, FolderId};
use domain::object::Bucket;
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use worker::Deadline;

use crate::failure::Failure;
use crate::read_file::{apply, delete_old, delete_own, read_small};
use crate::render_asset::count;

/// The largest file in bytes that is read and rendered in one step.
const SMALL: u64 = 20_000_000;
/// Files that are looked at or read at once.
const AT_ONCE: usize = 16;
/// The megabytes of files that are in memory at once.
const MEGABYTES: u32 = 64;
/// Changes that are written together, unless all are there sooner: with the rows of folders they fit one transaction.
const GROUP: usize = 80;
/// How long the changes that are ready wait for others, so that large pictures are seen as they come.
const GROUP_WAITS: Duration = Duration::from_secs(1);
/// How often a change is attempted if other writers change the asset first.
const ATTEMPTS: usize = 5;
/// With less time left than this, files are only listed.
const TIME_TO_RENDER: SignedDuration = SignedDuration::from_secs(90);

/// An object whose asset is to be indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToIndex {
    /// The object's key.
    pub key: String,
    /// Whether it was tried before. Then its file is rendered in a call of its own, because a file that ends a call
    /// makes the others of the call fail too.
    pub again: bool,
}

/// A change that is ready to be written.
struct Prepared {
    change: Change,
    /// Whether the asset is complete with it; otherwise a message has it rendered.
    is_complete: bool,
    began: Instant,
}

/// What is to be done about an object.
enum Todo {
    Nothing,
    Write(Box<Prepared>),
}

/// Puts, replaces or removes the assets of objects, each named once, and sends the messages that render large files. Returns the keys
/// that failed; all others are done.
pub(crate) async fn index_all(
    objects: Vec<ToIndex>,
    deadline: Deadline,
    cloud: &Cloud,
) -> BTreeMap<String, Failure> {
    let mut failed = BTreeMap::new();
    let mut rest = objects;
    for _ in 0..ATTEMPTS {
        rest = index_once(rest, deadline, cloud, &mut failed).await;
        if rest.is_empty() {
            break;
        }
    }
    failed.extend(rest.into_iter().map(|object| (object.key, Failure::Contended)));
    failed
}

/// One attempt; returns the objects whose assets another writer changed at the same time.
async fn index_once(
    objects: Vec<ToIndex>,
    deadline: Deadline,
    cloud: &Cloud,
    failed: &mut BTreeMap<String, Failure>,
) -> Vec<ToIndex> {
    let ids: Vec<AssetId> = objects.iter().map(|object| AssetId::of(&object.key)).collect();
    let found = match cloud.assets().find_stored(&ids).await {
        Ok(found) => found,
        Err(error) => {
            failed.extend(objects.into_iter().map(|object| (object.key, error.clone().into())));
            return Vec::new();
        }
    };
    let room = Semaphore::new(MEGABYTES as usize);
    let prepared = objects.into_iter().zip(found).map(|(object, was)| {
        let room = &room;
        async move { (prepare(&object, was, deadline, room, cloud).await, object) }
    });
    let mut outdated = Vec::new();
    let mut groups = std::pin::pin!(futures_util::stream::iter(prepared).buffer_unordered(AT_ONCE));
    loop {
        let mut group = Vec::with_capacity(GROUP);
        let until = tokio::time::Instant::now() + GROUP_WAITS;
        let is_end = loop {
            // A first change is waited for as long as it takes.
            let next = match group.is_empty() {
                true => groups.next().await,
                false => match tokio::time::timeout_at(until, groups.next()).await {
                    Ok(next) => next,
                    Err(_) => break false,
                },
            };
            match next {
                None => break true,
                Some((Ok(Todo::Nothing), _)) => {}
                Some((Ok(Todo::Write(prepared)), object)) => group.push((*prepared, object)),
                Some((Err(failure), object)) => _ = failed.insert(object.key, failure),
            }
            if group.len() == GROUP {
                break false;
            }
        };
        write(group, &mut outdated, failed, cloud).await;
        if is_end {
            return outdated;
        }
    }
}

/// Writes a group of changes, and does for each what comes after it.
async fn write(
    group: Vec<(Prepared, ToIndex)>,
    outdated: &mut Vec<ToIndex>,
    failed: &mut BTreeMap<String, Failure>,
    cloud: &Cloud,
) {
    let changes = group.iter().map(|(prepared, _)| prepared.change.clone()).collect();
    let outcomes = cloud.assets().commit(changes).await;
    let followed = group.into_iter().zip(outcomes).map(|((prepared, object), outcome)| async move {
        let followed = match &outcome {
            Ok(Written::Done) => follow_up(&prepared, cloud).await,
            Ok(Written::Outdated) => undo(&prepared, cloud).await,
            Err(error) => Err(error.clone().into()),
        };
        (object, matches!(outcome, Ok(Written::Outdated)), followed)
    });
    let mut followed = std::pin::pin!(futures_util::stream::iter(followed).buffer_unordered(AT_ONCE));
    while let Some((object, is_outdated, outcome)) = followed.next().await {
        match outcome {
            Err(failure) => _ = failed.insert(object.key, failure),
            Ok(()) if is_outdated => outdated.push(object),
            Ok(()) => {}
        }
    }
}

/// What comes after the write of a change. If it fails, the event is delivered again and does it.
async fn follow_up(prepared: &Prepared, cloud: &Cloud) -> Result<(), Failure> {
    match (&prepared.change.was, &prepared.change.now) {
        // The row that is kept has a revision of its own.
        (Some(was), None) => delete_old(&was.asset().id, was.revision() + 1, None, cloud).await,
        (was, Some(now)) if prepared.is_complete => {
            count(now, prepared.began, cloud);
            match was {
                Some(_) => delete_old(&now.id, now.revision, Some(now), cloud).await,
                None => Ok(()),
            }
        }
        (_, Some(now)) => Ok(cloud.queues().send_ingest(&IngestMessage::Render(now.id.clone())).await?),
        (None, None) => Ok(()),
    }
}

/// Deletes what was put for a change that another writer was before.
async fn undo(Prepared { change, .. }: &Prepared, cloud: &Cloud) -> Result<(), Failure> {
    match &change.now {
        Some(now) => delete_own(now, change.here(), cloud).await,
        None => Ok(()),
    }
}

/// Looks at an object, and reads and renders it if it is small and there is time.
async fn prepare(
    object: &ToIndex,
    was: Option<Stored>,
    deadline: Deadline,
    room: &Semaphore,
    cloud: &Cloud,
) -> Result<Todo, Failure> {
    let began = Instant::now();
    let key = object.key.as_str();
    let Some((folder, name)) = parts_of_key(&cloud.settings().library_prefix, key) else {
        tracing::debug!("an object outside the library changed");
        return Ok(Todo::Nothing);
    };
    let id = AssetId::of(key);
    let objects = cloud.objects(Bucket::Assets);
    let write = |change, is_complete| Ok(Todo::Write(Box::new(Prepared { change, is_complete, began })));
    let Some(head) = objects.head(key).await? else {
        return match was {
            None => Ok(Todo::Nothing),
            // The call that wrote it may have ended before it deleted the renditions.
            Some(gone @ Stored::Gone(_)) => {
                delete_old(&id, gone.revision(), None, cloud).await.map(|()| Todo::Nothing)
            }
            was @ Some(Stored::Here(_)) => write(Change { was, now: None }, true),
        };
    };
    if let Some(Stored::Here(was)) = &was
        && was.etag == head.etag
    {
        if was.awaits_rendering() {
            // The row may have been written and its message not sent, so it is sent again.
            cloud.queues().send_ingest(&IngestMessage::Render(id)).await?;
        } else if object.again {
            // The call that ended may have written other renditions than those of the row.
            delete_old(&id, was.revision, Some(was), cloud).await?;
        }
        return Ok(Todo::Nothing);
    }
    let mut now = asset(key, folder, name, &head, was.as_ref(), aws::clock::now());
    if head.size > SMALL || object.again || deadline.is_within(TIME_TO_RENDER) {
        return write(Change { was, now: Some(now) }, false);
    }
    let megabytes = u32::try_from(head.size.div_ceil(1_000_000)).unwrap_or(MEGABYTES).clamp(1, MEGABYTES);
    let _room = room.acquire_many(megabytes).await;
    match objects.bytes(key, Some(&head.etag), None).await {
        Ok(bytes) => match read_small(name, bytes, || deadline.is_within(TIME_TO_RENDER)).await? {
            Some(facts) => apply(&mut now, facts, cloud).await?,
            None => return write(Change { was, now: Some(now) }, false),
        },
        // The change has an event of its own.
        Err(aws::Error::Changed { .. }) => return Ok(Todo::Nothing),
        Err(error) => return Err(error.into()),
    }
    write(Change { was, now: Some(now) }, true)
}

/// The asset as its object's head describes it, before its bytes are read. Renditions of an older version are kept
/// until new ones exist. A file that comes back is the same asset, but its renditions were deleted.
fn asset(
    key: &str,
    folder: &str,
    name: &str,
    head: &ObjectHead,
    was: Option<&Stored>,
    now: Timestamp,
) -> Asset {
    let (here, revision) = (was.and_then(Stored::here), was.map_or(0, Stored::revision));
    let was = was.map(Stored::asset);
    Asset {
        id: AssetId::of(key),
        key: key.to_owned(),
        name: name.to_owned(),
        folder: FolderId::of(folder),
        folder_path: folder.to_owned(),
        file_type: FileType::of_name(name).as_str().to_owned(),
        size: head.size,
        etag: head.etag.clone(),
        crc32: head.crc32,
        width: None,
        height: None,
        duration_ms: None,
        pages: None,
        created: was.map_or(now, |was| was.created),
        modified: head.modified,
        attributes: was.map(|was| was.attributes.clone()).unwrap_or_default(),
        thumbnail: here.and_then(|was| was.thumbnail.clone()),
        preview: here.and_then(|was| was.preview.clone()),
        state: AssetState::Processing,
        reason: None,
        gave_up: false,
        revision: revision + 1,
    }
}
