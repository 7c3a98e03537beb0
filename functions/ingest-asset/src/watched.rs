//! A reader that remembers why it stopped.

use std::{
    io::{self, Read, Seek, SeekFrom},
    time::{Duration, Instant},
};

/// Wraps a source while a decoder reads it: it ends after a given time, and it keeps the source's
/// own error.
///
/// Decoders turn what a reader answers into errors of their own, some into text. Here it can be asked
/// afterwards whether the file is bad (refuse it) or the disk or network was (try again). And since a
/// decoder must read on to work on, this also bounds the time of those small files that keep a decoder
/// busy for minutes, such as a progressive JPEG of ten thousand scans.
pub(crate) struct Watched<'a, R> {
    source: &'a mut R,
    ends: Instant,
    late: bool,
    failure: Option<io::Error>,
}

impl<'a, R> Watched<'a, R> {
    pub(crate) fn new(source: &'a mut R, time: Duration) -> Self {
        Self { source, ends: Instant::now() + time, late: false, failure: None }
    }

    /// Whether the time was up.
    pub(crate) fn late(&self) -> bool {
        self.late
    }

    /// The source's own error, if it had one.
    pub(crate) fn into_failure(self) -> Option<io::Error> {
        self.failure
    }

    fn keep<T>(&mut self, answer: io::Result<T>) -> io::Result<T> {
        answer.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failure = Some(error);
            }
            kind.into()
        })
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if Instant::now() >= self.ends {
            self.late = true;
            return Err(io::ErrorKind::TimedOut.into());
        }
        let answer = self.source.read(buf);
        self.keep(answer)
    }
}

impl<R: Seek> Seek for Watched<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A seek to before the beginning is the decoder's or the file's fault, not the source's.
        let answer = self.source.seek(to);
        match answer {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(error),
            answer => self.keep(answer),
        }
    }
}
