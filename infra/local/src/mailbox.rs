//! Keeps mails as `.eml` files in the data folder, instead of sending them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

/// How many mails are listed; older ones are not.
const LISTED: usize = 200;

/// The folder of kept mails; cheap to clone.
#[derive(Debug, Clone)]
pub struct Mailbox(Arc<Path>);

/// A kept mail's name: the time in milliseconds, and 32 random hexadecimal digits. It is the message id that the SES
/// endpoint gives, and the file's name without `.eml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailName(String);

impl MailName {
    /// A new name for a mail that is kept now.
    fn new(now: Timestamp) -> Self {
        let random: String = aws::random::bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{:016}-{random}", now.as_millisecond()))
    }

    /// Parses a name. Text of another form is refused, so that no path can lead to other files.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, random) = text.split_once('-')?;
        let is = |part: &str, length, digit: fn(&u8) -> bool| {
            part.len() == length && part.bytes().all(|b| digit(&b))
        };
        let fits = is(at, 16, u8::is_ascii_digit) && is(random, 32, u8::is_ascii_hexdigit);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name as text, as in URLs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Mailbox {
    /// Opens the mailbox in a folder, and makes the folder if it does not exist.
    ///
    /// # Errors
    /// If the folder can't be made.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self(folder.into()))
    }

    fn path(&self, name: &MailName) -> PathBuf {
        self.0.join(format!("{}.eml", name.0))
    }

    /// Keeps a mail. It is written under another name first, so that a crash leaves the whole mail or none.
    ///
    /// # Errors
    /// If the file can't be written.
    pub async fn keep(&self, mime: Vec<u8>, now: Timestamp) -> io::Result<MailName> {
        let name = MailName::new(now);
        let path = self.path(&name);
        let kept = tokio::task::spawn_blocking(move || {
            let part = path.with_extension("part");
            fs::write(&part, mime)?;
            fs::File::open(&part)?.sync_all()?;
            fs::rename(part, path)
        });
        kept.await.map_err(io::Error::other)??;
        Ok(name)
    }

    /// Reads a mail, as send-email sent it.
    ///
    /// # Errors
    /// If there is no such mail, or it can't be read.
    pub async fn read(&self, name: &MailName) -> io::Result<Vec<u8>> {
        tokio::fs::read(self.path(name)).await
    }

    /// Reads the newest mails, the newest first.
    ///
    /// # Errors
    /// If the folder or a mail can't be read.
    pub async fn newest(&self) -> io::Result<Vec<(MailName, Vec<u8>)>> {
        let mailbox = self.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut names = Vec::new();
            for entry in fs::read_dir(&mailbox.0)? {
                let file = entry?.file_name();
                names.extend(
                    file.to_str().and_then(|file| file.strip_suffix(".eml")).and_then(MailName::parse),
                );
            }
            names.sort_unstable_by(|a: &MailName, b| b.cmp(a));
            names.truncate(LISTED);
            names.into_iter().map(|name| Ok((name.clone(), fs::read(mailbox.path(&name))?))).collect()
        });
        read.await.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn mails_are_kept_and_listed_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::open(folder.path().join("mail")).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = mailbox.keep(b"one".to_vec(), at(1_000)).await.unwrap();
        let second = mailbox.keep(b"two".to_vec(), at(2_000)).await.unwrap();
        fs::write(folder.path().join("mail/notes.txt"), "mine").unwrap();
        assert_eq!(
            mailbox.newest().await.unwrap(),
            [(second, b"two".to_vec()), (first.clone(), b"one".to_vec())]
        );
        assert_eq!(MailName::parse(first.as_str()), Some(first));
    }

    #[test]
    fn a_name_that_could_be_another_files_path_is_refused() {
        let long = format!("0000000000001000-{}/", "a".repeat(31));
        for bad in ["", "..", "../secret", "0000000000001000-..", "store.key", "0000000000001000-é", &long] {
            assert_eq!(MailName::parse(bad), None, "{bad}");
        }
    }
}
