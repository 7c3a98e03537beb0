//! The source of a file's bytes, and a reader with a deadline that keeps the source's own error.

use std::{
    io::{self, Read, Seek, SeekFrom},
    time::{Duration, Instant},
};

/// A file to read. Functions take `&mut dyn Source`, so that each decoder is compiled only once, and not for each type
/// of reader. Decoders read 8 KB at a time, so the dynamic call costs nothing.
pub trait Source: Read + Seek {}
impl<R: Read + Seek> Source for R {}

/// Wraps a source while a decoder reads it: reads fail after a given wall-clock time, and the source's own error is
/// kept.
///
/// Decoders convert a reader's error into one of their own, some into text. The kept error distinguishes a failure of
/// the disk or network, which may be retried, from a bad file. A decoder has to read to continue, so the deadline also
/// stops small files that would keep it busy for minutes, such as a progressive JPEG with ten thousand scans.
pub(crate) struct Watched<'a> {
    source: &'a mut dyn Source,
    deadline: Instant,
    is_late: bool,
    failure: Option<io::Error>,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(source: &'a mut dyn Source, time: Duration) -> Self {
        Self { source, deadline: Instant::now() + time, is_late: false, failure: None }
    }

    /// Whether a read failed because of the deadline.
    pub(crate) fn is_late(&self) -> bool {
        self.is_late
    }

    /// The source's own error, if there was one.
    pub(crate) fn into_failure(self) -> Option<io::Error> {
        self.failure
    }

    fn keep_failure<T>(&mut self, answer: io::Result<T>) -> io::Result<T> {
        answer.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failure = Some(error);
            }
            kind.into()
        })
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if Instant::now() >= self.deadline {
            self.is_late = true;
            return Err(io::ErrorKind::TimedOut.into());
        }
        let answer = self.source.read(buf);
        self.keep_failure(answer)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A seek to before the beginning is an error of the decoder or the file, not of the source.
        let answer = self.source.seek(to);
        match answer {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(error),
            answer => self.keep_failure(answer),
        }
    }
}
