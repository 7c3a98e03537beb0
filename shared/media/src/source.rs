//! What files are read from, and a reader that remembers why it stopped.

use std::{
    io::{self, Read, Seek, SeekFrom},
    time::{Duration, Instant},
};

/// A file to read. Code that reads it takes `&mut dyn Source`, so that each decoder is compiled once, here, and not
/// again for each kind of reader; a decoder asks for 8 KB at a time, so that the call costs nothing.
pub trait Source: Read + Seek {}
impl<R: Read + Seek> Source for R {}

/// Wraps a source while a decoder reads it: reads fail after a given wall-clock time, and the source's own error is
/// kept.
///
/// Decoders turn a reader's error into one of their own, some into text. This type tells afterwards whether the file
/// is bad (it can't be rendered) or the disk or network was (try again). A decoder can't work on without reading, so
/// this also bounds the time of small files that would keep a decoder busy for minutes, such as a progressive JPEG of
/// ten thousand scans.
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

    /// Whether a read was refused because the time was over.
    pub(crate) fn is_late(&self) -> bool {
        self.is_late
    }

    /// The source's own error, if it had one.
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
        // A seek to before the beginning is a fault of the decoder or of the file, not of the source.
        let answer = self.source.seek(to);
        match answer {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(error),
            answer => self.keep_failure(answer),
        }
    }
}
