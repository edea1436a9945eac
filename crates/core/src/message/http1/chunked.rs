use std::ops::Range;

use thiserror::Error;

/// RFC 9112 §7.1 *chunked transfer coding*, read as it comes. Extensions and trailer fields are passed over.
#[derive(Clone, Debug)]
pub struct Chunked {
    state: State,
    /// How much more of size lines and trailers is read in one piece.
    allowance: usize,
    /// How much more of extensions is read in all chunks together.
    extensions: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before the first digit of a size.
    Size,
    /// After so many digits' worth of it.
    Digits(u64),
    /// In the spaces after the size.
    Spaces(u64),
    /// In the extensions.
    Extensions(u64),
    /// After the CR of a size line.
    SizeEnd(u64),
    Data(u64),
    /// After the content of a chunk.
    DataEnd,
    /// After the CR that ends it.
    DataCr,
    /// In the trailer section: whether the line has had anything.
    Trailer(bool),
    Over,
}

/// What a part of the bytes was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// How many bytes belong to the coding: all of them, unless it is over or there is content among them.
    pub taken: usize,
    /// Which of them are content; at most one run is passed at a time.
    pub content: Range<usize>,
    /// Whether the content is whole.
    pub whole: bool,
}

/// Bytes that are not in the chunked transfer coding.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChunkError {
    /// Something else in the place of a size.
    #[error("\"{0}\" is not a chunk size")]
    Size(String),
    /// More content than the size says.
    #[error("a chunk is longer than its size says")]
    Longer,
    /// Chunks with more extensions than content is worth.
    #[error("the chunks have more extensions than is read")]
    Extensions,
    /// A size line with endless extensions.
    #[error("a chunk's size line has no end")]
    EndlessLine,
    /// An endless trailer section.
    #[error("the trailer section has no end")]
    EndlessTrailer,
}

/// The longest size line, extensions included.
const MAX_SIZE_LINE: usize = 8 * 1024;

/// The most extensions of all chunks together.
const MAX_EXTENSIONS: usize = 256 * 1024;

/// The longest trailer section.
const MAX_TRAILERS: usize = 256 * 1024;

impl Default for Chunked {
    fn default() -> Self {
        Self::new()
    }
}

impl Chunked {
    /// At the first size line.
    pub const fn new() -> Self {
        Self { state: State::Size, allowance: MAX_SIZE_LINE, extensions: MAX_EXTENSIONS }
    }

    /// Passes over bytes, up to the end of the first run of content among them.
    ///
    /// # Errors
    /// Bytes that browsers do not take for this coding.
    pub fn pass(&mut self, bytes: &[u8]) -> Result<Passed, ChunkError> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            if let State::Data(left) = self.state {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                let left = left.saturating_sub(taken as u64);
                self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                return Ok(Passed { taken: at + taken, content: at..at + taken, whole: false });
            }
            if matches!(self.state, State::Over) {
                break;
            }
            self.step(byte, bytes.get(at..).unwrap_or_default())?;
            at += 1;
        }
        Ok(Passed { taken: at, content: at..at, whole: matches!(self.state, State::Over) })
    }

    fn step(&mut self, byte: u8, rest: &[u8]) -> Result<(), ChunkError> {
        let size_error = || {
            ChunkError::Size(rest.get(..rest.len().min(16)).unwrap_or_default().escape_ascii().to_string())
        };
        self.state = match (self.state, byte) {
            (State::Size, _) => State::Digits(digit(0, byte).ok_or_else(size_error)?),
            (
                State::Digits(size) | State::Spaces(size) | State::Extensions(size) | State::SizeEnd(size),
                b'\n',
            ) => {
                self.allowance = if size == 0 { MAX_TRAILERS } else { MAX_SIZE_LINE };
                if size == 0 { State::Trailer(false) } else { State::Data(size) }
            }
            (State::Digits(size) | State::Spaces(size), b'\r') => State::SizeEnd(size),
            (State::Digits(size) | State::Spaces(size), b' ') => State::Spaces(size),
            (State::Digits(size) | State::Spaces(size), b';') => State::Extensions(size),
            (State::Digits(size), _) => State::Digits(digit(size, byte).ok_or_else(size_error)?),
            (State::Spaces(_) | State::SizeEnd(_), _) => return Err(size_error()),
            (State::Extensions(size), _) => {
                self.extensions = self.extensions.checked_sub(1).ok_or(ChunkError::Extensions)?;
                State::Extensions(size)
            }
            (State::DataEnd, b'\r') => State::DataCr,
            (State::DataEnd | State::DataCr, b'\n') => State::Size,
            (State::DataEnd | State::DataCr, _) => return Err(ChunkError::Longer),
            (State::Trailer(false), b'\n') => State::Over,
            (State::Trailer(_), b'\n') => State::Trailer(false),
            (State::Trailer(some), b'\r') => State::Trailer(some),
            (State::Trailer(_), _) => State::Trailer(true),
            (state @ (State::Data(_) | State::Over), _) => state,
        };
        self.allowance = self.allowance.checked_sub(1).ok_or(match self.state {
            State::Trailer(_) | State::Over => ChunkError::EndlessTrailer,
            _ => ChunkError::EndlessLine,
        })?;
        Ok(())
    }
}

/// The size with one more digit.
fn digit(size: u64, byte: u8) -> Option<u64> {
    let digit = char::from(byte).to_digit(16)?;
    // Browsers count in signed integers.
    size.checked_mul(16)?.checked_add(u64::from(digit)).filter(|size| i64::try_from(*size).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{super::tests::decode, *};

    #[test]
    fn chunks_are_joined_however_they_come() {
        for (bytes, content, taken, whole) in [
            (&b"0\r\n\r\n"[..], &b""[..], 5, true),
            (b"0\r\n\r\nHTTP", b"", 5, true),
            (b"3\r\nabc\r\n0\r\n\r\n", b"abc", 13, true),
            (b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde", 20, true),
            (b"3;x=\"1\"\r\nabc\r\nA\r\n0123456789\r\n00\r\nT: 1\r\n\r\n", b"abc0123456789", 41, true),
            (b"3\r\nab", b"ab", 5, false),
            (b"3\nabc\n0\n\n", b"abc", 9, true),
            (b"3 \r\nabc\r\n0\r\nno field\r\n\r\n", b"abc", 24, true),
            (b"00000000000000000003\r\nabc\r\n0\r\n\r\n", b"abc", 32, true),
            (b"3\r\nabc\r\n0\r\n", b"abc", 11, false),
        ] {
            for piece in [1, 2, 3, 7, 1000] {
                let decoded = decode(bytes, piece).unwrap();
                assert_eq!(decoded, (content.to_vec(), taken, whole), "{} by {piece}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn what_a_browser_refuses_is_refused() {
        for bytes in [
            &b"x\r\n"[..],
            b"\r\n3\r\nabc\r\n",
            b"3\r\nabcd\r\n",
            b"3\r\nabc0\r\n",
            b"3\r\nabc\r0\r\n",
            b" 3\r\nabc\r\n",
            b"3\t\r\nabc\r\n",
            b"+3\r\nabc\r\n",
            b"0x3\r\nabc\r\n",
            b";a\r\nabc\r\n",
            b"FFFFFFFFFFFFFFFFF\r\n",
            b"8000000000000000\r\n",
        ] {
            for piece in [1, 1000] {
                assert!(decode(bytes, piece).is_err(), "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn lines_without_an_end_are_given_up() {
        let extensions = [b"1;".to_vec(), vec![b'x'; MAX_SIZE_LINE]].concat();
        assert_eq!(decode(&extensions, 1000), Err(ChunkError::EndlessLine));
        let chunk = [&b"1;"[..], &[b'x'; 8_000], b"\r\na\r\n"].concat();
        assert_eq!(decode(&chunk.repeat(MAX_EXTENSIONS / 8_000 + 1), 1000), Err(ChunkError::Extensions));
        let trailers = [b"0\r\n".to_vec(), b"T: 1\r\n".repeat(MAX_TRAILERS / 6 + 1)].concat();
        assert_eq!(decode(&trailers, 1000), Err(ChunkError::EndlessTrailer));
    }
}
