//! Judging on the way: heads that are known byte for byte need no parsing, answers that are known
//! by what judgements look at need no judging. Both are sound, because a judgement is a function of the
//! request and of what is looked at.

use std::{borrow::Cow, sync::Arc};

use crosscheck_core::{
    exchange::Bounds,
    message::{
        Response,
        http1::{Framing, FramingError, HeadError, HeadReader, Line, RawHead},
    },
};
use hyper::HeaderMap;

use crate::{
    judge::{Knowledge, judge, signature},
    work::Work,
    wrong::{Requested, Wrong, counts_as_error},
};

/// Why bytes are not an answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Head(#[from] HeadError),
    #[error(transparent)]
    Framing(#[from] FramingError),
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
/// The longest head.
pub(super) const LONGEST_HEAD: usize = 256 * 1024;

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

    /// A template's request, with whether it was answered rightly before the load.
    pub(super) fn requested(&self, template: usize) -> Requested {
        let ok_unloaded = self.knowledge.unloaded(template).map(|unloaded| unloaded.right);
        Requested { index: template, ok_unloaded }
    }

    /// A case, with whether it held before the load.
    pub(super) fn requested_case(&self, trial: usize) -> Requested {
        Requested { index: trial, ok_unloaded: self.knowledge.held(trial) }
    }

    /// Judges the head of an answer to a template's request, as far as it has come; `None` where
    /// it is not whole.
    ///
    /// # Errors
    /// Why it is not a response.
    pub(super) fn hear<'b>(
        &mut self,
        work: &Work,
        index: usize,
        bytes: &'b [u8],
    ) -> Result<Option<Heard>, Unreadable> {
        if let Some(Some(known)) = self.known.get(index)
            && bytes.starts_with(&known.head)
        {
            self.identical += 1;
            return Ok(Some(known.heard));
        }
        let Some(template) = work.templates.get(index) else { return Ok(None) };
        let Some((raw, head)) = read(bytes)? else { return Ok(None) };
        let mut heard = heard(&raw, head, &template.request.method)?;
        let borrowed = |line: Line<'b>| match line.value {
            Cow::Borrowed(value) => Some((line.name.as_bytes(), value)),
            Cow::Owned(_) => None,
        };
        heard.verdict = if raw.lines().all(|line| borrowed(line).is_some()) {
            self.judge(work, index, raw.status, || raw.lines().filter_map(borrowed))
        } else {
            let lines: Vec<_> = raw.lines().collect();
            let lines = || lines.iter().map(|line| (line.name.as_bytes(), line.value.as_ref()));
            self.judge(work, index, raw.status, lines)
        };
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
        if counts_as_error(status) {
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
        let unloaded = self.knowledge.unloaded(index);
        match judge(work, template, &response, unloaded, &self.knowledge) {
            None => Verdict::Right,
            Some(wrong) => Verdict::Wrong(
                self.number(Wrong { answer: Some(Arc::new(response.within(&Bounds::AMPLE))), ..wrong }),
            ),
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

/// The final head, and the length of all heads; `None` where it is not whole.
fn read(bytes: &[u8]) -> Result<Option<(RawHead<'_>, usize)>, Unreadable> {
    Ok(HeadReader::new(LONGEST_HEAD).advance_raw(bytes)?)
}

/// What a head says of its answer, which is not judged yet.
fn heard(raw: &RawHead<'_>, head: usize, method: &str) -> Result<Heard, Unreadable> {
    let message = raw.message(method)?;
    let (framing, persists) = (message.framing(), message.persists());
    Ok(Heard { status: raw.status, verdict: Verdict::Right, head, framing, persists })
}

/// A head as a message of its own; `None` where it is not whole.
///
/// # Errors
/// Why it is not a response.
pub(super) fn message(bytes: &[u8], method: &str) -> Result<Option<(Response, Heard)>, Unreadable> {
    let Some((raw, head)) = read(bytes)? else { return Ok(None) };
    let heard = heard(&raw, head, method)?;
    let response = Response { fields: raw.to_head().fields, ..Response::new(raw.status) };
    Ok(Some((response, heard)))
}
