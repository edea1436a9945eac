//! The record as JSON: the form that everything else can be made from.

use std::io;

use crosscheck_core::diagnostic::{is_hidden, visible_json};
use serde::Serialize;
use serde_json::{
    Serializer,
    ser::{Formatter, PrettyFormatter},
};

use crate::run::record::RunRecord;

/// The record with a line for each entry of its tables, and a line feed at its end. What a terminal would obey is
/// escaped, so that the file can be shown on one.
///
/// # Errors
/// Only what `serde_json` reports; the record's types have no key that JSON cannot hold.
pub fn render(record: &RunRecord) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    write(record, &mut bytes)?;
    String::from_utf8(bytes).map_err(|error| serde_json::Error::io(io::Error::other(error)))
}

/// Writes the same, without holding it in memory.
///
/// # Errors
/// What the writer reports.
pub fn write(record: &RunRecord, mut to: impl io::Write) -> Result<(), serde_json::Error> {
    record.serialize(&mut Serializer::with_formatter(&mut to, Lines::default()))?;
    to.write_all(b"\n").and_then(|()| to.flush()).map_err(serde_json::Error::io)
}

/// A document of another form than the record, indented, with a line feed at its end.
pub(super) fn pretty(document: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(visible_json(text))
}

/// How deep a value may lie to have a line of its own: members of the record, and entries of its tables.
const DEEPEST: usize = 2;

/// Indents the outer values, and writes each inner one on one line.
#[derive(Default)]
struct Lines {
    outer: PrettyFormatter<'static>,
    depth: usize,
}

impl Lines {
    fn begin(&mut self) -> bool {
        self.depth += 1;
        self.depth <= DEEPEST
    }

    fn end(&mut self) -> bool {
        self.depth -= 1;
        self.depth < DEEPEST
    }

    fn is_outer(&self) -> bool {
        self.depth <= DEEPEST
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.begin() { self.outer.begin_array(writer) } else { writer.write_all(b"[") }
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.end() { self.outer.end_array(writer) } else { writer.write_all(b"]") }
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        match self.is_outer() {
            true => self.outer.begin_array_value(writer, first),
            false if first => Ok(()),
            false => writer.write_all(b","),
        }
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.is_outer() { self.outer.end_array_value(writer) } else { Ok(()) }
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.begin() { self.outer.begin_object(writer) } else { writer.write_all(b"{") }
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.end() { self.outer.end_object(writer) } else { writer.write_all(b"}") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        match self.is_outer() {
            true => self.outer.begin_object_key(writer, first),
            false if first => Ok(()),
            false => writer.write_all(b","),
        }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.is_outer() { self.outer.begin_object_value(writer) } else { writer.write_all(b":") }
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.is_outer() { self.outer.end_object_value(writer) } else { Ok(()) }
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        match fragment.contains(is_hidden) {
            true => writer.write_all(visible_json(fragment.to_owned()).as_bytes()),
            false => writer.write_all(fragment.as_bytes()),
        }
    }
}
