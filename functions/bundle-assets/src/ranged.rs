//! Reads an object as a file, block by block.

use std::future::Future;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws::{Cloud, Error};
use bytes::Bytes;
use domain::object::Bucket;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, ReadBuf};

/// Bytes of a block.
const BLOCK: u64 = 1 << 20;

type Fetching = Pin<Box<dyn Future<Output = Result<Bytes, Error>> + Send>>;

/// An object of the bundles bucket, read by range requests. One block is kept, so seeking within it needs no request.
/// A store's failure is the inner error of the `io::Error`.
pub(crate) struct Ranged {
    cloud: Cloud,
    key: String,
    etag: String,
    size: u64,
    position: u64,
    block: Bytes,
    block_start: u64,
    fetching: Option<(u64, Fetching)>,
}

impl Ranged {
    /// Opens an object; reading fails if it no longer has this ETag.
    pub fn new(cloud: &Cloud, key: &str, etag: &str, size: u64) -> Self {
        Self {
            cloud: cloud.clone(),
            key: key.to_owned(),
            etag: etag.to_owned(),
            size,
            position: 0,
            block: Bytes::new(),
            block_start: 0,
            fetching: None,
        }
    }

    /// The index of the position in the block; none if the block does not contain it.
    fn index_in_block(&self) -> Option<usize> {
        let at = self.position.checked_sub(self.block_start)?;
        usize::try_from(at).ok().filter(|at| *at < self.block.len())
    }

    fn fetch(&self) -> Fetching {
        let (cloud, key, etag) = (self.cloud.clone(), self.key.clone(), self.etag.clone());
        let range = self.position..self.size.min(self.position + BLOCK);
        Box::pin(async move { cloud.objects(Bucket::Bundles).bytes(&key, Some(&etag), Some(range)).await })
    }
}

impl AsyncBufRead for Ranged {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.position < this.size && this.index_in_block().is_none() {
            let start = this.position;
            let fetching = match this.fetching.take() {
                Some((from, fetching)) if from == start => fetching,
                _ => this.fetch(),
            };
            let (_, fetching) = this.fetching.insert((start, fetching));
            let fetched = ready!(fetching.as_mut().poll(cx));
            this.fetching = None;
            let block = fetched.map_err(io::Error::other)?;
            if block.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            (this.block, this.block_start) = (block, start);
        }
        Poll::Ready(Ok(this.index_in_block().map_or(&[], |at| &this.block[at..])))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.get_mut().position += amount as u64;
    }
}

impl AsyncRead for Ranged {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = bytes.len().min(to.remaining());
        to.put_slice(&bytes[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}

impl AsyncSeek for Ranged {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let this = self.get_mut();
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => this.size.checked_add_signed(by),
            SeekFrom::Current(by) => this.position.checked_add_signed(by),
        };
        this.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position))
    }
}
