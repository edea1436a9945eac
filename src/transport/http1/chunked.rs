use bytes::{Buf, BytesMut};

/// RFC 9112 §7.1 *chunked transfer coding*, decoded as it comes. Extensions and trailer fields
/// are passed over.
#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    /// How much more of chunk extensions and trailers is read.
    allowance: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Size,
    Data(u64),
    DataEnd,
    Trailer,
}

/// The longest size line, extensions included.
const MAX_SIZE_LINE: usize = 8 * 1024;

/// The longest size line without extensions: 16 digits and the end of the line.
const PLAIN_SIZE_LINE: usize = 18;

impl Chunked {
    /// A decoder that reads chunk extensions and trailers up to this many bytes together.
    pub(super) fn new(max_extra_bytes: usize) -> Self {
        Self { state: State::Size, allowance: max_extra_bytes }
    }

    /// Moves what `input` has of the content to `content`, at most until that has more than `limit`
    /// bytes. Gives whether the content is whole.
    pub(super) fn decode(
        &mut self,
        input: &mut BytesMut,
        content: &mut BytesMut,
        limit: usize,
    ) -> Result<bool, String> {
        loop {
            match self.state {
                State::Size => match httparse::parse_chunk_size(input) {
                    Ok(httparse::Status::Complete((length, size))) => {
                        input.advance(length);
                        self.allowance =
                            self.allowance
                                .checked_sub(length.saturating_sub(PLAIN_SIZE_LINE))
                                .ok_or_else(|| "the chunks have more extensions than is read".to_owned())?;
                        self.state = if size == 0 { State::Trailer } else { State::Data(size) };
                    }
                    Ok(httparse::Status::Partial) if input.len() <= MAX_SIZE_LINE => return Ok(false),
                    Ok(httparse::Status::Partial) => return Err("a chunk's size line has no end".to_owned()),
                    Err(_) => {
                        let seen = input.get(..input.len().min(16)).unwrap_or_default().escape_ascii();
                        return Err(format!("\"{seen}\" is no chunk size"));
                    }
                },
                State::Data(0) => self.state = State::DataEnd,
                State::Data(left) => {
                    if input.is_empty() || content.len() > limit {
                        return Ok(false);
                    }
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    content.extend_from_slice(&input.split_to(take));
                    self.state = State::Data(left - u64::try_from(take).unwrap_or(left));
                }
                State::DataEnd => match input.get(..2) {
                    Some(b"\r\n") => {
                        input.advance(2);
                        self.state = State::Size;
                    }
                    Some(_) => return Err("a chunk is longer than its size says".to_owned()),
                    None => return Ok(false),
                },
                State::Trailer => {
                    let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
                        return if input.len() > self.allowance {
                            Err("the trailer section has no end".to_owned())
                        } else {
                            Ok(false)
                        };
                    };
                    let line = input.split_to(end + 1);
                    if matches!(&line[..], b"\r\n" | b"\n") {
                        return Ok(true);
                    }
                    self.allowance = self
                        .allowance
                        .checked_sub(line.len())
                        .ok_or_else(|| "the trailer section has no end".to_owned())?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Result<(bool, Vec<u8>), String> {
        let mut content = BytesMut::new();
        let whole = Chunked::new(100).decode(&mut BytesMut::from(bytes), &mut content, 1000)?;
        Ok((whole, content.to_vec()))
    }

    #[test]
    fn chunks_are_joined() {
        for (bytes, whole, content) in [
            (&b"0\r\n\r\n"[..], true, &b""[..]),
            (b"3\r\nabc\r\n0\r\n\r\n", true, b"abc"),
            (b"3;x=1\r\nabc\r\nA\r\n0123456789\r\n00\r\nT: 1\r\n\r\n", true, b"abc0123456789"),
            (b"3\r\nab", false, b"ab"),
            (b"3\r\nabc\r", false, b"abc"),
            (b"3\r\nabc\r\n0\r\n", false, b"abc"),
        ] {
            assert_eq!(decode(bytes), Ok((whole, content.to_vec())), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bytes_may_come_one_by_one() {
        let (mut chunked, mut input, mut content) = (Chunked::new(100), BytesMut::new(), BytesMut::new());
        let bytes = b"3\r\nabc\r\n1;e\r\nd\r\n0\r\nT: 1\r\n\r\n";
        let mut whole = false;
        for byte in bytes {
            assert!(!whole);
            input.extend_from_slice(&[*byte]);
            whole = chunked.decode(&mut input, &mut content, 1000).unwrap();
        }
        assert!(whole && input.is_empty());
        assert_eq!(&content[..], b"abcd");
    }

    #[test]
    fn wrong_chunking_is_an_error() {
        for (bytes, message) in [
            (&b"xyz\r\n"[..], "\"xyz\\r\\n\" is no chunk size"),
            (b"3\r\nabcdef\r\n", "a chunk is longer than its size says"),
            (b"FFFFFFFFFFFFFFFFF\r\n", "\"FFFFFFFFFFFFFFFF\" is no chunk size"),
        ] {
            assert_eq!(decode(bytes), Err(message.to_owned()), "{}", bytes.escape_ascii());
        }
        let endless = [b"3;".to_vec(), vec![b'x'; MAX_SIZE_LINE]].concat();
        assert_eq!(decode(&endless), Err("a chunk's size line has no end".to_owned()));
        let extended = b"1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\na\r\n".repeat(20);
        assert_eq!(decode(&extended), Err("the chunks have more extensions than is read".to_owned()));
        let trailer = [b"0\r\n".to_vec(), b"T: 1\r\n".repeat(50)].concat();
        assert_eq!(decode(&trailer), Err("the trailer section has no end".to_owned()));
    }
}
