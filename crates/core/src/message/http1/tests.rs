//! Whatever bytes come and however they are cut, reading ends, and ends the same.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{ChunkError, Chunked, HeadReader};

const LIMIT: usize = 200;

/// Bytes that look like a response more often than chance would have it.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 204\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 ",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"A: 1",
        b": ",
        b"Content-Length: 5",
        b"Transfer-Encoding: chunked",
        b" \t",
        b"\0",
        b"\xff",
        b"0",
        b"5\r\nhello",
        b"fffffffffffffffff",
        b";",
    ];
    let piece = prop_oneof![
        9 => select(pieces.to_vec()).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..8),
    ];
    vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_head_that_comes_in_pieces_is_the_head_that_comes_at_once(bytes in hostile(), step in 1_usize..20) {
        let whole = HeadReader::new(LIMIT).advance(&bytes);
        let mut reader = HeadReader::new(LIMIT);
        let mut seen = Ok(None);
        let mut end = 0;
        while end < bytes.len() && seen == Ok(None) {
            end = (end + step).min(bytes.len());
            seen = reader.advance(&bytes[..end]);
        }
        match (&whole, &seen) {
            (Ok(whole), Ok(seen)) => prop_assert_eq!(whole, seen),
            // Cut in pieces, a flaw may show earlier and so under another name.
            (Err(_), Err(_)) => {}
            _ => prop_assert!(false, "{:?} at once, {:?} in pieces", whole, seen),
        }
    }

    #[test]
    fn chunks_are_read_as_they_were_written(
        chunks in vec(vec(any::<u8>(), 1..40), 0..8),
        step in 1_usize..50,
    ) {
        let mut wire = Vec::new();
        for chunk in &chunks {
            wire.extend_from_slice(format!("{:x};x=y\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\nTrailer: 1\r\n\r\n");
        let (content, taken, whole) = decode(&wire, step).unwrap();
        prop_assert!(whole && taken == wire.len());
        prop_assert_eq!(content, chunks.concat());
    }

    #[test]
    fn hostile_chunks_never_give_more_than_came(bytes in hostile(), step in 1_usize..20) {
        if let Ok((content, taken, _)) = decode(&bytes, step) {
            prop_assert!(content.len() <= taken && taken <= bytes.len());
        }
    }

    #[test]
    fn a_head_tells_one_end_of_its_content(bytes in hostile()) {
        if let Ok(Some((head, length))) = HeadReader::new(LIMIT).advance(&bytes) {
            let raw = HeadReader::new(LIMIT).advance_raw(&bytes).unwrap().unwrap();
            prop_assert_eq!(raw.1, length);
            prop_assert_eq!(raw.0.to_head(), head.clone());
            let whole = head.message("GET").map(|message| message.framing());
            prop_assert_eq!(raw.0.message("GET").map(|message| message.framing()), whole);
        }
    }
}

/// The content of bytes that come in pieces of this size, how many belong to it, and whether it is whole.
pub(super) fn decode(bytes: &[u8], piece: usize) -> Result<(Vec<u8>, usize, bool), ChunkError> {
    let (mut chunked, mut content, mut taken, mut whole) = (Chunked::new(), Vec::new(), 0, false);
    for part in bytes.chunks(piece) {
        let mut at = 0;
        while at < part.len() && !whole {
            let passed = chunked.pass(&part[at..])?;
            content.extend_from_slice(&part[at..][passed.content.clone()]);
            at += passed.taken;
            whole = passed.whole;
        }
        taken += at;
    }
    Ok((content, taken, whole))
}
