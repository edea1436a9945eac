//! RFC 9110 §8.4: content as a page gets it, with its codings undone.

use std::{borrow::Cow, io::Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::{Response, isomorphic, list};

/// How much is decoded of content that may grow without end, in bytes.
const LIMIT: u64 = 16 << 20;

impl Response {
    /// The content without its codings. `None` where one of them is not known here (`br`, `zstd`), or the content is
    /// not what it says.
    pub fn decoded_body(&self) -> Option<Cow<'_, [u8]>> {
        let lines: Vec<String> =
            self.fields.lines("content-encoding").map(|line| isomorphic::decode(line)).collect();
        let codings = lines.iter().flat_map(|line| list::text_members(line)).map(str::to_ascii_lowercase);
        let mut content = Cow::Borrowed(&self.body[..]);
        // They were applied in the order of the list.
        for coding in codings.collect::<Vec<_>>().into_iter().rev() {
            content = match coding.as_str() {
                "identity" => content,
                "gzip" | "x-gzip" => Cow::Owned(read(MultiGzDecoder::new(&content[..]))?),
                // With the zlib header, as it should be, or without.
                "deflate" => Cow::Owned(
                    read(ZlibDecoder::new(&content[..]))
                        .or_else(|| read(DeflateDecoder::new(&content[..])))?,
                ),
                _ => return None,
            };
        }
        Some(content)
    }
}

fn read(decoder: impl Read) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    decoder.take(LIMIT).read_to_end(&mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn response(coding: &str, body: Vec<u8>) -> Response {
        let response = Response { body: body.into(), ..Response::new(200) };
        response.with_field("Content-Encoding", coding)
    }

    #[test]
    fn known_codings_are_undone() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        for encoder in [&mut gzip as &mut dyn Write, &mut zlib, &mut raw] {
            encoder.write_all(b"text").unwrap();
        }
        let (gzip, zlib, raw) = (gzip.finish().unwrap(), zlib.finish().unwrap(), raw.finish().unwrap());
        let mut twice = GzEncoder::new(Vec::new(), Compression::fast());
        twice.write_all(&zlib).unwrap();
        for (coding, body) in [
            ("gzip", gzip.clone()),
            ("X-GZIP", gzip.clone()),
            ("deflate", zlib),
            ("deflate", raw),
            ("deflate, gzip", twice.finish().unwrap()),
            ("identity", b"text".to_vec()),
        ] {
            assert_eq!(response(coding, body).decoded_body().as_deref(), Some(&b"text"[..]), "{coding}");
        }
        assert_eq!(response("br", b"?".to_vec()).decoded_body(), None);
        assert_eq!(response("gzip", b"text".to_vec()).decoded_body(), None);
        assert_eq!(response("gzip", gzip[..gzip.len() - 9].to_vec()).decoded_body(), None, "cut");
        let plain = Response { body: "text".into(), ..Response::new(200) };
        assert_eq!(plain.decoded_body().as_deref(), Some(&b"text"[..]));
    }

    #[test]
    fn content_that_grows_without_end_is_cut() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&vec![0; 64 << 20]).unwrap();
        let bomb = response("gzip", gzip.finish().unwrap());
        assert_eq!(bomb.decoded_body().map(|body| body.len() as u64), Some(LIMIT));
    }
}
