//! The data folder: where everything lies, one process at a time.

use std::{
    fs::{self, File, TryLockError},
    io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

/// A data folder in use by this process, until dropped.
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another process has it.
    #[error("{0} is in use by another Vitrine. Stop that one, or name another folder with --data.")]
    InUse(String),
    /// The disk or its permissions.
    #[error("the data folder {0} can't be used: {1}")]
    Io(String, io::Error),
}

impl DataFolder {
    /// Makes the folder if it is not there and takes its lock, which the system gives back however
    /// the process ends.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        let failed = |e| DataFolderError::Io(path.display().to_string(), e);
        fs::create_dir_all(path).map_err(failed)?;
        let path = fs::canonicalize(path).map_err(failed)?;
        let lock = File::create(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataFolderError::InUse(path.display().to_string())),
            Err(TryLockError::Error(e)) => Err(failed(e)),
        }
    }

    /// Its absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A listener for the S3 store, which browsers reach too: the port after the site's; where that
    /// is taken, the one used last time instead of it, or any that is free.
    pub fn store_listener(&self, site_port: u16) -> io::Result<TcpListener> {
        let kept = self.path.join("store-port");
        let next = site_port.checked_add(1);
        let last = match fs::read_to_string(&kept) {
            Ok(text) => text.trim().parse().ok(),
            Err(_) => None,
        };
        for port in next.into_iter().chain(last) {
            if let Ok(listener) = loopback(port) {
                return Ok(listener);
            }
        }
        let listener = loopback(0)?;
        fs::write(kept, listener.local_addr()?.port().to_string())?;
        Ok(listener)
    }
}

/// A listener on this machine alone; port 0 is any that is free.
pub fn loopback(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::open(folder.path()).unwrap();
        assert!(matches!(DataFolder::open(folder.path()), Err(DataFolderError::InUse(_))));
        drop(first);
        assert!(DataFolder::open(folder.path()).is_ok());
    }

    #[test]
    fn the_stores_port_follows_the_sites_or_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        // A pair of which the second is taken.
        let (site, _taken) = loop {
            let site = loopback(0).unwrap();
            let next = site.local_addr().unwrap().port().checked_add(1);
            if let Some(Ok(next)) = next.map(loopback) {
                break (site, next);
            }
        };
        let port = site.local_addr().unwrap().port();
        let free = data.store_listener(port).unwrap().local_addr().unwrap().port();
        assert_ne!(free, port + 1);
        assert_eq!(data.store_listener(port).unwrap().local_addr().unwrap().port(), free);
        drop(_taken);
        assert_eq!(data.store_listener(port).unwrap().local_addr().unwrap().port(), port + 1);
    }
}
