//! Whatever bytes come and however they are cut, reading ends, and ends the same.

use bytes::BytesMut;
use proptest::{collection::vec, prelude::*, sample::select};

use super::{chunked::Chunked, read_head::HeadReader};

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
        let (mut chunked, mut input, mut content) = (Chunked::new(LIMIT), BytesMut::new(), BytesMut::new());
        let mut whole = false;
        for part in wire.chunks(step) {
            prop_assert!(!whole);
            input.extend_from_slice(part);
            whole = chunked.decode(&mut input, &mut content, usize::MAX).unwrap();
        }
        prop_assert!(whole && input.is_empty());
        prop_assert_eq!(content.to_vec(), chunks.concat());
    }

    #[test]
    fn hostile_chunks_never_give_more_than_came(bytes in hostile(), limit in 0_usize..20) {
        let mut content = BytesMut::new();
        let _ = Chunked::new(LIMIT).decode(&mut BytesMut::from(&bytes[..]), &mut content, limit);
        prop_assert!(content.len() <= bytes.len());
    }
}
