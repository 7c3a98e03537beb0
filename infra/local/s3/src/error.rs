//! The store's errors, by who has to act: the client, the disk's owner, or the person who starts the store.

use std::io;
use std::path::PathBuf;

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode};

/// Why the store could not serve a request or start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The error that S3 itself would answer (no such key, precondition failed, …).
    #[error("{0}")]
    S3(#[from] S3Error),
    /// A file could not be read or written.
    #[error("a file can't be read or written: {0}")]
    Io(#[from] io::Error),
    /// The metadata could not be read or written; nothing was changed.
    #[error("the metadata can't be read or written: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The commit failed, so that only the next start can find out whether the change was made.
    #[error("the commit of a change failed: {0}")]
    Commit(rusqlite::Error),
    /// Another process serves the same folder.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The folder was written by a newer version.
    #[error("the store has format {0} of a newer version. Start that version, or use another data folder")]
    Format(i64),
    /// A bucket name that S3 does not allow.
    #[error("{0:?} is not a valid bucket name")]
    BucketName(String),
}

impl Error {
    fn is_disk_full(&self) -> bool {
        match self {
            Error::Io(e) => matches!(
                e.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
            ),
            Error::Sqlite(e) | Error::Commit(e) => is_full(e),
            _ => false,
        }
    }
}

/// Whether the disk was full for SQLite, which then has certainly rolled its transaction back.
pub(crate) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

impl From<Error> for S3Error {
    fn from(error: Error) -> Self {
        if let Error::S3(answer) = error {
            return answer;
        }
        tracing::error!(%error, "the store could not serve a request");
        if error.is_disk_full() {
            // A status that SDKs do not retry, since a retry does not free space.
            let mut full = S3Error::with_message(
                S3ErrorCode::Custom("InsufficientStorage".into()),
                "The disk is full: nothing was stored, and older objects are unchanged. Free space, then try again.",
            );
            full.set_status_code(StatusCode::INSUFFICIENT_STORAGE);
            return full;
        }
        S3Error::with_message(S3ErrorCode::InternalError, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_507_and_says_so() {
        let full = io::Error::from_raw_os_error(28); // ENOSPC
        let answer = S3Error::from(Error::from(full));
        assert_eq!(answer.code().as_str(), "InsufficientStorage");
        assert_eq!(answer.status_code(), Some(StatusCode::INSUFFICIENT_STORAGE));
        assert!(answer.message().unwrap().contains("disk is full"));
    }
}
