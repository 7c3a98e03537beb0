//! First step: updates an asset's row to match its object in the bucket.

use aws::Cloud;
use aws::objects::read::ObjectHead;
use aws::rows::assets::Written;
use domain::asset::{Asset, AssetState, parts_of_key, renditions_prefix};
use domain::event::IngestMessage;
use domain::file_type::FileType;
use domain::id::{AssetId, FolderId};
use domain::object::Bucket;
use jiff::Timestamp;

use crate::failure::Failure;

/// Puts, replaces or removes the asset of the object `key`, and sends the message that renders it.
pub(crate) async fn index(key: &str, cloud: &Cloud) -> Result<(), Failure> {
    let Some((folder, name)) = parts_of_key(&cloud.settings().library_prefix, key) else {
        tracing::debug!("an object outside the library changed");
        return Ok(());
    };
    let id = AssetId::of(key);
    loop {
        let was = cloud.assets().find(&id).await?;
        let head = cloud.objects(Bucket::Assets).head(key).await?;
        match (was, head) {
            (None, None) => return Ok(()),
            (Some(was), None) => {
                if cloud.assets().replace(Some(&was), None).await? == Written::Done {
                    cloud.objects(Bucket::Assets).delete_below(&renditions_prefix(&id)).await?;
                    return Ok(());
                }
            }
            (Some(was), Some(head)) if was.etag == head.etag => {
                if was.awaits_rendering() {
                    // The row may have been written and its message not sent, so it is sent again.
                    cloud.queues().send_ingest(&IngestMessage::Render(id)).await?;
                }
                return Ok(());
            }
            (was, Some(head)) => {
                let asset = asset(key, folder, name, &head, was.as_ref(), aws::clock::now());
                if cloud.assets().replace(was.as_ref(), Some(&asset)).await? == Written::Done {
                    cloud.queues().send_ingest(&IngestMessage::Render(id)).await?;
                    return Ok(());
                }
            }
        }
    }
}

/// The asset as its object's head describes it, before its bytes are read. Renditions of an older version are kept
/// until new ones exist.
fn asset(
    key: &str,
    folder: &str,
    name: &str,
    head: &ObjectHead,
    was: Option<&Asset>,
    now: Timestamp,
) -> Asset {
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
        thumbnail: was.and_then(|was| was.thumbnail.clone()),
        preview: was.and_then(|was| was.preview.clone()),
        state: AssetState::Processing,
        reason: None,
        gave_up: false,
        revision: was.map_or(1, |was| was.revision + 1),
    }
}
