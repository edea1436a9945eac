//! Judging on the way: heads that are known byte for byte need no parsing, answers that are known
//! by what judgements look at need no judging. Both are sound, because a judgement is a function of the
//! request and of what is looked at.

use std::sync::Arc;

use hyper::HeaderMap;

use crate::{
    load::{
        judge::{Knowledge, judge, signature},
        work::Work,
        wrong::{Wrong, is_trouble},
    },
    message::Response,
};

/// How the end of the content is known (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Empty,
    Length(u64),
    Chunked,
    UntilClose,
}

/// What is said of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    /// The index of what is wrong.
    Wrong(u32),
}

/// A head that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub status: u16,
    pub verdict: Verdict,
    /// The length of the head, interim responses included.
    pub head: usize,
    pub framing: Framing,
    /// Whether the connection serves another request.
    pub persists: bool,
}

struct Known {
    head: Box<[u8]>,
    heard: Heard,
}

/// A head of HTTP/2, which has no bytes of its own: they depend on what the connection said before.
struct KnownFields {
    status: u16,
    fields: HeaderMap,
    verdict: Verdict,
    length: u64,
}

/// The memory of one thread.
pub(super) struct Judging {
    knowledge: Arc<Knowledge>,
    /// By template, the last head that was judged.
    known: Vec<Option<Known>>,
    known_fields: Vec<Option<KnownFields>>,
    /// By template, what judgements look at, and the judgement.
    judged: Vec<Vec<(Box<[u8]>, Verdict)>>,
    wrongs: Vec<Wrong>,
    scratch: Vec<u8>,
    pub identical: u64,
}

/// The memory is kept for so many templates, the first of the plan, and for heads up to so many bytes.
const REMEMBERED: usize = 4096;
const LONGEST: usize = 2048;
/// Judgements that are remembered of one template.
const VARIANTS: usize = 4;
/// Different faults that are told apart.
const MAX_WRONGS: usize = 10_000;
/// Field lines of one head.
const LINES: usize = 96;

impl Judging {
    pub(super) fn new(knowledge: Arc<Knowledge>, templates: usize) -> Self {
        let kept = templates.min(REMEMBERED);
        Self {
            knowledge,
            known: (0..kept).map(|_| None).collect(),
            known_fields: (0..kept).map(|_| None).collect(),
            judged: vec![Vec::new(); kept],
            wrongs: Vec::new(),
            scratch: Vec::with_capacity(512),
            identical: 0,
        }
    }

    /// What a fault is.
    pub(super) fn fault(&self, index: u32) -> Option<&Wrong> {
        self.wrongs.get(index as usize)
    }

    /// Whether a template's request was answered rightly in a calm moment; `None` where it was not asked.
    pub(super) fn right_when_calm(&self, template: usize) -> Option<bool> {
        self.knowledge.calm(template).map(|calm| calm.right)
    }

    /// Whether a case held in a calm moment; `None` where it was not tried.
    pub(super) fn held_when_calm(&self, trial: usize) -> Option<bool> {
        self.knowledge.held(trial)
    }

    /// Judges the head of an answer to a template's request, as far as it has come; `None` where
    /// it is not whole.
    ///
    /// # Errors
    /// Why it is no HTTP.
    pub(super) fn hear(&mut self, work: &Work, index: usize, bytes: &[u8]) -> Result<Option<Heard>, String> {
        if let Some(Some(known)) = self.known.get(index)
            && bytes.starts_with(&known.head)
        {
            self.identical += 1;
            return Ok(Some(known.heard));
        }
        let Some(template) = work.templates.get(index) else { return Ok(None) };
        let Some(start) = after_interim(bytes)? else { return Ok(None) };
        let mut lines = [httparse::EMPTY_HEADER; LINES];
        let mut parsed = httparse::Response::new(&mut lines);
        let head = match parser().parse_response(&mut parsed, bytes.get(start..).unwrap_or_default()) {
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(format!("the answer is no HTTP: {error}")),
            Ok(httparse::Status::Complete(length)) => start + length,
        };
        let parsed = Parsed::of(&parsed);
        let (framing, persists) = parsed.framing(&template.request.method)?;
        let verdict = self.judge(work, index, parsed.status, || parsed.lines());
        let heard = Heard { status: parsed.status, verdict, head, framing, persists };
        if let Some(slot) = self.known.get_mut(index)
            && head <= LONGEST
        {
            let bytes = bytes.get(..head).unwrap_or_default();
            match slot {
                // The place of the last head is taken where the length is the same: a date that changes.
                Some(known) if known.head.len() == head => {
                    known.head.copy_from_slice(bytes);
                    known.heard = heard;
                }
                _ => *slot = Some(Known { head: bytes.into(), heard }),
            }
        }
        Ok(Some(heard))
    }

    /// Judges the head of an answer in HTTP/2. Gives how long its fields are besides, in bytes.
    pub(super) fn hear_fields(
        &mut self,
        work: &Work,
        index: usize,
        status: u16,
        fields: &HeaderMap,
    ) -> (Verdict, u64) {
        if let Some(Some(known)) = self.known_fields.get(index)
            && known.status == status
            && known.fields.iter().eq(fields)
        {
            self.identical += 1;
            return (known.verdict, known.length);
        }
        let verdict = self.judge(work, index, status, || {
            fields.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()))
        });
        let length = fields.iter().map(|(name, value)| (name.as_str().len() + value.len()) as u64).sum();
        if let Some(slot) = self.known_fields.get_mut(index)
            && length <= LONGEST as u64
        {
            *slot = Some(KnownFields { status, fields: fields.clone(), verdict, length });
        }
        (verdict, length)
    }

    /// Judges an answer that was parsed.
    pub(super) fn judge<'a, L>(
        &mut self,
        work: &Work,
        index: usize,
        status: u16,
        lines: impl Fn() -> L,
    ) -> Verdict
    where
        L: Iterator<Item = (&'a [u8], &'a [u8])>,
    {
        if is_trouble(status) {
            return Verdict::Right;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        signature(&mut scratch, status, lines());
        let remembered = self
            .judged
            .get(index)
            .and_then(|judged| judged.iter().find(|(known, _)| known.as_ref() == scratch.as_slice()));
        let verdict = match remembered {
            Some((_, verdict)) => *verdict,
            None => {
                let verdict = self.judge_anew(work, index, status, lines());
                if let Some(judged) = self.judged.get_mut(index) {
                    if judged.len() >= VARIANTS {
                        judged.remove(0);
                    }
                    judged.push((scratch.as_slice().into(), verdict));
                }
                verdict
            }
        };
        self.scratch = scratch;
        verdict
    }

    fn judge_anew<'a>(
        &mut self,
        work: &Work,
        index: usize,
        status: u16,
        lines: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Verdict {
        let Some(template) = work.templates.get(index) else { return Verdict::Right };
        let mut response = Response::new(status);
        for (name, value) in lines {
            response.fields.push(String::from_utf8_lossy(name).into_owned(), value.to_vec());
        }
        let calm = self.knowledge.calm(index);
        match judge(work, template, &response, calm, &self.knowledge) {
            None => Verdict::Right,
            Some(wrong) => Verdict::Wrong(self.number(wrong)),
        }
    }

    /// The number of a fault; beyond the bound, that of one with the same reason.
    pub(super) fn number(&mut self, wrong: Wrong) -> u32 {
        let full = self.wrongs.len() >= MAX_WRONGS;
        let same = |known: &Wrong| if full { known.reason == wrong.reason } else { *known == wrong };
        let index = self.wrongs.iter().position(same).unwrap_or_else(|| {
            self.wrongs.push(wrong);
            self.wrongs.len() - 1
        });
        u32::try_from(index).unwrap_or(0)
    }
}

/// As lenient as browsers are.
fn parser() -> httparse::ParserConfig {
    let mut parser = httparse::ParserConfig::default();
    parser
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true);
    parser
}

/// A final head, borrowed from the bytes.
pub(super) struct Parsed<'h, 'b> {
    pub status: u16,
    minor: u8,
    lines: &'h [httparse::Header<'b>],
}

impl<'h, 'b> Parsed<'h, 'b> {
    fn of(parsed: &'h httparse::Response<'h, 'b>) -> Self {
        Self { status: parsed.code.unwrap_or(0), minor: parsed.version.unwrap_or(1), lines: parsed.headers }
    }

    fn lines(&self) -> impl Iterator<Item = (&'h [u8], &'h [u8])> + use<'h, 'b> {
        self.lines.iter().map(|line| (line.name.as_bytes(), line.value))
    }

    /// RFC 9112 §6.3 *message body length*, and §9.3 whether the connection persists.
    fn framing(&self, method: &str) -> Result<(Framing, bool), String> {
        let mut length: Option<u64> = None;
        let mut chunked = None;
        let mut close = self.minor == 0;
        for line in self.lines {
            if line.name.eq_ignore_ascii_case("content-length") {
                for member in line.value.split(|byte| *byte == b',') {
                    let text = std::str::from_utf8(member.trim_ascii()).unwrap_or_default();
                    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                    match text.parse() {
                        Ok(number) if digits && length.is_none_or(|known| known == number) => {
                            length = Some(number);
                        }
                        _ => return Err(format!("Content-Length is {text:?}")),
                    }
                }
            } else if line.name.eq_ignore_ascii_case("transfer-encoding") {
                let last = line.value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
                chunked = Some(last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
            } else if line.name.eq_ignore_ascii_case("connection") {
                for member in line.value.split(|byte| *byte == b',') {
                    let member = member.trim_ascii();
                    if member.eq_ignore_ascii_case(b"close") {
                        close = true;
                    } else if self.minor == 0 && member.eq_ignore_ascii_case(b"keep-alive") {
                        close = false;
                    }
                }
            }
        }
        let framing = if method == "HEAD" || matches!(self.status, 204 | 304) {
            Framing::Empty
        } else if let Some(chunked) = chunked {
            if chunked { Framing::Chunked } else { Framing::UntilClose }
        } else {
            length.map_or(Framing::UntilClose, Framing::Length)
        };
        let persists = !close && framing != Framing::UntilClose && self.status != 101;
        Ok((framing, persists))
    }
}

/// A head as a message, for whoever keeps it; `None` where it is not whole.
///
/// # Errors
/// Why it is no HTTP.
pub(super) fn message(bytes: &[u8], method: &str) -> Result<Option<(Response, Heard)>, String> {
    let Some(start) = after_interim(bytes)? else { return Ok(None) };
    let mut lines = [httparse::EMPTY_HEADER; LINES];
    let mut parsed = httparse::Response::new(&mut lines);
    let head = match parser().parse_response(&mut parsed, bytes.get(start..).unwrap_or_default()) {
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("the answer is no HTTP: {error}")),
        Ok(httparse::Status::Complete(length)) => start + length,
    };
    let parsed = Parsed::of(&parsed);
    let (framing, persists) = parsed.framing(method)?;
    let mut response = Response::new(parsed.status);
    for (name, value) in parsed.lines() {
        response.fields.push(String::from_utf8_lossy(name).into_owned(), value.to_vec());
    }
    let heard = Heard { status: parsed.status, verdict: Verdict::Right, head, framing, persists };
    Ok(Some((response, heard)))
}

/// Where the final head begins: interim responses go before it (RFC 9110 §15.2). `None` where
/// that is not known yet.
fn after_interim(bytes: &[u8]) -> Result<Option<usize>, String> {
    let mut start = 0;
    loop {
        let rest = bytes.get(start..).unwrap_or_default();
        // `HTTP/1.1 1`
        match rest.get(..12) {
            None => return Ok((!rest.is_empty() || start > 0).then_some(start)),
            Some(line) if line.get(9) == Some(&b'1') && !line.ends_with(b"101") => {}
            Some(_) => return Ok(Some(start)),
        }
        let mut lines = [httparse::EMPTY_HEADER; LINES];
        match parser().parse_response(&mut httparse::Response::new(&mut lines), rest) {
            Ok(httparse::Status::Complete(length)) => start += length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(format!("the answer is no HTTP: {error}")),
        }
    }
}
