use std::sync::Arc;

use super::Codes;
use crate::diagnostic::{Diagnostic, SourceText};

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 4 << 20;

/// Makes a text of a file's bytes.
///
/// # Errors
/// Bytes that are no UTF-8, at the first of them; more than [`MAX_BYTES`].
pub fn decode(name: &str, bytes: &[u8], codes: &Codes) -> Result<Arc<SourceText>, Diagnostic> {
    let make = |text: String| Arc::new(SourceText { name: name.to_owned(), text });
    if bytes.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, at most {MAX_BYTES} are read", bytes.len());
        return Err(Diagnostic::error(codes.too_large, message)
            .at(&make(String::new()), 0..0, "")
            .help("is it the right file? If it is, split it"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(make(text.to_owned())),
        Err(error) => {
            let sound = error.valid_up_to();
            let wrong = bytes.get(sound).copied().unwrap_or_default();
            let source = make(String::from_utf8_lossy(bytes).into_owned());
            let span = sound..sound + char::REPLACEMENT_CHARACTER.len_utf8();
            Err(Diagnostic::error(codes.encoding, "the file is no UTF-8")
                .at(&source, span, format!("the byte 0x{wrong:02X} stands here"))
                .help("save the file in UTF-8"))
        }
    }
}
