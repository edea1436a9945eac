use bytes::{Bytes, BytesMut};
use thiserror::Error;

use crate::message::Fields;

/// Content that was sent in the coding `aws-chunked`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchunked {
    /// The content itself.
    pub content: Bytes,
    /// The fields behind it: a checksum, and what signs it.
    pub trailers: Fields,
    /// What each chunk says of itself, the empty last one included.
    pub chunks: Vec<Chunk>,
}

/// A chunk of content, as its sender cut it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its content.
    pub content: Bytes,
    /// Its `chunk-signature`.
    pub signature: Option<String>,
}

/// How many chunks a content may have. Clients send at least 8 KiB in each, as S3 demands.
const CHUNKS_MAX: usize = 64 * 1024;

/// How many fields may be behind a content, and how long they may be together, in bytes.
const TRAILERS_MAX: usize = 32;
const TRAILERS_LENGTH_MAX: usize = 16 * 1024;

/// Why content is not in the coding `aws-chunked`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no aws-chunked content: {problem}, at byte {offset}")]
pub struct ChunkError {
    /// What is wrong.
    pub problem: &'static str,
    /// Where.
    pub offset: usize,
}

/// Takes the coding `aws-chunked` off: what `STREAMING-UNSIGNED-PAYLOAD-TRAILER` and the signed
/// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD` announce. Other extensions of chunks are read over.
///
/// # Errors
/// Anything that is not of its form, with its place.
pub fn unchunk(coded: &[u8]) -> Result<Unchunked, ChunkError> {
    let mut reader = Reader { coded, offset: 0 };
    let mut content = BytesMut::with_capacity(coded.len());
    let mut sizes = Vec::new();
    loop {
        let line = reader.line("no end of a chunk's size")?;
        let mut parts = line.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let size = std::str::from_utf8(parts.next().unwrap_or_default())
            .ok()
            .filter(|size| !size.starts_with('+'))
            .and_then(|size| usize::from_str_radix(size, 16).ok())
            .ok_or_else(|| reader.error("no size of a chunk"))?;
        let signature = parts.find_map(|part| part.strip_prefix(b"chunk-signature="));
        sizes.push((size, signature.map(|text| String::from_utf8_lossy(text).into_owned())));
        if size == 0 {
            break;
        }
        if sizes.len() > CHUNKS_MAX {
            return Err(reader.error("too many chunks"));
        }
        content.extend_from_slice(reader.take(size)?);
        if reader.take(2)? != b"\r\n" {
            return Err(reader.error("no line end behind a chunk"));
        }
    }
    let mut trailers = Fields::new();
    let start = reader.offset;
    while reader.offset < coded.len() {
        if trailers.len() == TRAILERS_MAX || reader.offset - start > TRAILERS_LENGTH_MAX {
            return Err(reader.error("too many trailers"));
        }
        let line = reader.line("no end of a trailer")?;
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':').ok_or_else(|| reader.error("no trailer"))?;
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        trailers.push(name, line[colon + 1..].trim_ascii().to_vec());
    }
    let content = content.freeze();
    let mut rest = content.clone();
    let chunk = |(size, signature)| Chunk { content: rest.split_to(size), signature };
    Ok(Unchunked { chunks: sizes.into_iter().map(chunk).collect(), content, trailers })
}

struct Reader<'a> {
    coded: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, problem: &'static str) -> ChunkError {
        ChunkError { problem, offset: self.offset }
    }

    fn line(&mut self, problem: &'static str) -> Result<&'a [u8], ChunkError> {
        let rest = &self.coded[self.offset..];
        let end = rest.windows(2).position(|two| two == b"\r\n").ok_or_else(|| self.error(problem))?;
        self.offset += end + 2;
        Ok(&rest[..end])
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8], ChunkError> {
        let end = self.offset.checked_add(size).filter(|end| *end <= self.coded.len());
        let end = end.ok_or_else(|| self.error("the content ends in the middle of a chunk"))?;
        let taken = &self.coded[self.offset..end];
        self.offset = end;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_trailers_read() {
        let coded =
            b"5\r\nhello\r\n6;chunk-signature=ab\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
        let found = unchunk(coded).unwrap();
        assert_eq!(found.content, "hello world");
        assert_eq!(found.trailers.text("x-amz-checksum-crc32").as_deref(), Some("DUoRhQ=="));
        let chunks = found.chunks.iter().map(|chunk| (&chunk.content[..], chunk.signature.as_deref()));
        let chunks: Vec<_> = chunks.collect();
        assert_eq!(chunks, [(&b"hello"[..], None), (b" world", Some("ab")), (b"", None)]);
        assert_eq!(unchunk(b"0\r\n\r\n").unwrap().content, "");
    }

    #[test]
    fn what_is_malformed_says_where() {
        for (coded, problem, offset) in [
            (&b""[..], "no end of a chunk's size", 0),
            (b"hello\r\n", "no size of a chunk", 7),
            (b"+5\r\nhello\r\n0\r\n\r\n", "no size of a chunk", 4),
            (b"5\r\nhel", "the content ends in the middle of a chunk", 3),
            (b"5\r\nhelloXX0\r\n\r\n", "no line end behind a chunk", 10),
            (b"ffffffffffffffff\r\nhello", "the content ends in the middle of a chunk", 18),
            (b"0\r\nnothing\r\n\r\n", "no trailer", 12),
            (&b"1\r\na\r\n".repeat(CHUNKS_MAX + 1), "too many chunks", 6 * CHUNKS_MAX + 3),
            (&[b"0\r\n".as_slice(), &b"a:b\r\n".repeat(TRAILERS_MAX + 1)].concat(), "too many trailers", 163),
        ] {
            assert_eq!(unchunk(coded), Err(ChunkError { problem, offset }), "{coded:?}");
        }
    }
}
