//! The data folder, where everything is kept; one process at a time may use it.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// A data folder, which this process has locked until this is dropped.
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another process has locked it.
    #[error("{0} is in use by another Vitrine. Stop that one, or name another folder with --data.")]
    InUse(String),
    /// Other users can read it, and it has other files, so that its permissions are not changed without a request.
    #[error(
        "the data folder {0} is open to other users of this machine, and has files that are not Vitrine's. Name another \
         folder with --data, or close this one to other users: chmod 700 {0}"
    )]
    Open(String),
    /// It can't be read or written.
    #[error("the data folder {0} can't be used: {1}")]
    Io(String, io::Error),
}

impl DataFolder {
    /// Makes the folder if it does not exist, closes it to other users (it has links' secrets and mails), and locks it.
    /// The system removes the lock even if the process is killed.
    ///
    /// # Errors
    /// If another process has locked the folder, or it can't be used.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        let failed = |e| DataFolderError::Io(path.display().to_string(), e);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let path = fs::canonicalize(path).map_err(failed)?;
        let open = fs::metadata(&path).map_err(failed)?.permissions().mode() & 0o077 != 0;
        if open {
            let is_ours = path.join("lock").exists();
            if !is_ours && fs::read_dir(&path).map_err(failed)?.next().is_some() {
                return Err(DataFolderError::Open(path.display().to_string()));
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
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

    /// The secret called `name`. The first call makes it at random and keeps it in a file that only its owner may read.
    ///
    /// # Errors
    /// If the file is damaged, or can't be read or written.
    pub fn secret<const N: usize>(&self, name: &str) -> io::Result<[u8; N]> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(kept) => kept.try_into().map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{} is damaged: it does not have the length of its secret", path.display()),
                )
            }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let secret = aws::random::bytes();
                write_secret(&path, &secret)?;
                Ok(secret)
            }
            Err(e) => Err(e),
        }
    }

    /// A listener for the S3 store, which browsers reach too. It takes the port after the site's; if that is in use, the
    /// port of the last start, or any free one.
    ///
    /// # Errors
    /// If no port can be used, or its number can't be kept.
    pub fn store_listener(&self, site_port: u16) -> io::Result<TcpListener> {
        let kept = self.path.join("store-port");
        let next = site_port.checked_add(1);
        let last = match fs::read_to_string(&kept) {
            Ok(text) => text.trim().parse().ok(),
            Err(_) => None,
        };
        for port in next.into_iter().chain(last) {
            if let Ok(listener) = listen_on_loopback(port) {
                return Ok(listener);
            }
        }
        let listener = listen_on_loopback(0)?;
        fs::write(kept, listener.local_addr()?.port().to_string())?;
        Ok(listener)
    }
}

/// Writes a file under another name first, so that a crash leaves the whole secret or none.
fn write_secret(path: &Path, secret: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(part, path)
}

/// A listener that only this machine reaches; port 0 is any free port.
///
/// # Errors
/// If the port is in use, or can't be used.
pub fn listen_on_loopback(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_may_open_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::open(folder.path()).unwrap();
        assert!(matches!(DataFolder::open(folder.path()), Err(DataFolderError::InUse(_))));
        drop(first);
        assert!(DataFolder::open(folder.path()).is_ok());
    }

    #[test]
    fn only_its_owner_may_use_the_folder() {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let open_up = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("made");
        drop(DataFolder::open(&made).unwrap());
        assert_eq!(mode(&made), 0o700);
        open_up(&made);
        drop(DataFolder::open(&made).unwrap());
        assert_eq!(mode(&made), 0o700, "a folder of an earlier start is closed");

        let shared = folder.path().join("shared");
        fs::create_dir(&shared).unwrap();
        open_up(&shared);
        fs::write(shared.join("letter.txt"), "x").unwrap();
        let refused = DataFolder::open(&shared).err().unwrap().to_string();
        assert!(refused.contains("--data") && refused.contains("chmod 700"), "{refused}");
        assert_eq!(mode(&shared), 0o755, "the folder of somebody else is not changed");
        assert!(!shared.join("lock").exists());
    }

    #[test]
    fn secrets_are_kept_and_only_their_owner_may_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let secret: [u8; 32] = data.secret("one").unwrap();
        assert_eq!(data.secret::<32>("one").unwrap(), secret);
        assert_ne!(data.secret::<32>("two").unwrap(), secret);
        assert!(data.secret::<16>("one").is_err(), "a damaged file is not replaced");
        let mode = fs::metadata(folder.path().join("one")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_store_takes_the_port_after_the_sites_or_its_last_one() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        // Two neighbouring ports, of which the second is in use.
        let (site, _taken) = loop {
            let site = listen_on_loopback(0).unwrap();
            let next = site.local_addr().unwrap().port().checked_add(1);
            if let Some(Ok(next)) = next.map(listen_on_loopback) {
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
