//! Which strings of a case can hold placeholders: all but ids, names of requests, sources and
//! `about`.

use indexmap::IndexMap;

use super::model::{
    BodySpec, Case, DictatedAnswer, Each, Expect, FieldExpect, Given, ObjectSpec, OneOrMany, PreflightExpect,
    RequestSpec, RouteSpec,
};

/// Where a string stands, as far as that decides which placeholders it can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Anywhere.
    Case,
    /// A field value of a dictated answer: the server knows more of it than we do.
    Answer,
}

/// Hands every such string to `edit`.
pub(super) fn visit(case: &mut Case, edit: &mut dyn FnMut(Scope, &mut String)) {
    let mut visitor = Visitor { edit };
    visitor.text(&mut case.title);
    case.given.iter_mut().for_each(|given| visitor.given(given));
    case.requests.values_mut().for_each(|request| visitor.request(request));
    if let Each::Rows(rows) = &mut case.each {
        rows.iter_mut().filter_map(|row| row.expect.as_mut()).for_each(|expect| visitor.expect(expect));
    }
}

/// Hands every such string of one request to `edit`.
pub(super) fn visit_request(request: &mut RequestSpec, edit: &mut dyn FnMut(Scope, &mut String)) {
    Visitor { edit }.request(request);
}

/// Hands every such string of what is to be set up to `edit`.
pub(super) fn visit_given(given: &mut Given, edit: &mut dyn FnMut(Scope, &mut String)) {
    Visitor { edit }.given(given);
}

struct Visitor<'a> {
    edit: &'a mut dyn FnMut(Scope, &mut String),
}

impl Visitor<'_> {
    fn text(&mut self, text: &mut String) {
        (self.edit)(Scope::Case, text);
    }

    fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t mut String>) {
        texts.into_iter().for_each(|text| self.text(text));
    }

    fn keys<V>(&mut self, map: &mut IndexMap<String, V>) {
        *map = std::mem::take(map)
            .into_iter()
            .map(|(mut key, value)| {
                self.text(&mut key);
                (key, value)
            })
            .collect();
    }

    fn headers(&mut self, scope: Scope, headers: &mut IndexMap<String, OneOrMany<String>>) {
        self.keys(headers);
        for value in headers.values_mut() {
            match value {
                OneOrMany::One(value) => (self.edit)(scope, value),
                OneOrMany::Many(values) => values.iter_mut().for_each(|value| (self.edit)(scope, value)),
            }
        }
    }

    fn given(&mut self, given: &mut Given) {
        for rule in given.rules.iter_mut().flatten() {
            self.texts(&mut rule.id);
            self.texts(&mut rule.allowed_origins);
            self.texts(&mut rule.allowed_methods);
            self.texts(&mut rule.allowed_headers);
            self.texts(&mut rule.expose_headers);
        }
        self.keys(&mut given.objects);
        for ObjectSpec { headers, body } in given.objects.values_mut() {
            self.headers(Scope::Case, headers);
            self.text(body);
        }
        self.keys(&mut given.routes);
        for RouteSpec { headers, body, status: _ } in given.routes.values_mut() {
            self.headers(Scope::Case, headers);
            self.text(body);
        }
        for DictatedAnswer { on, path, origin, if_header, headers, body, times: _, status: _, close: _ } in
            &mut given.answers
        {
            self.text(on);
            self.texts(path);
            self.texts(origin);
            self.texts(if_header);
            self.headers(Scope::Answer, headers);
            self.text(body);
        }
    }

    fn request(&mut self, request: &mut RequestSpec) {
        self.texts(&mut request.origin);
        self.texts(&mut request.site);
        self.text(&mut request.method);
        self.texts(&mut request.path);
        self.texts(&mut request.query);
        self.texts(request.presign.iter_mut().flat_map(|presign| &mut presign.method));
        self.headers(Scope::Case, &mut request.headers);
        if let Some(BodySpec::Text(text)) = &mut request.body {
            self.text(text);
        }
        self.expect(&mut request.expect);
    }

    fn expect(&mut self, expect: &mut Expect) {
        self.texts(&mut expect.exposed);
        self.texts(&mut expect.exposed_if_sent);
        self.texts(&mut expect.named_if_allowed);
        self.texts(&mut expect.hidden);
        if let Some(PreflightExpect::Detail(detail)) = &mut expect.preflight {
            self.fields(&mut detail.sent);
            self.fields(&mut detail.fields);
        }
        if let Some(response) = &mut expect.response {
            self.fields(&mut response.fields);
        }
    }

    fn fields(&mut self, fields: &mut IndexMap<String, FieldExpect>) {
        self.keys(fields);
        for field in fields.values_mut() {
            match field {
                FieldExpect::Exact(value) => self.text(value),
                FieldExpect::Detail(detail) => {
                    self.texts(detail.any_of.iter_mut().flatten().flatten());
                    self.texts(&mut detail.none_of);
                    self.texts(&mut detail.contains);
                    self.texts(&mut detail.lacks);
                }
                FieldExpect::Absent(()) => {}
            }
        }
    }
}
