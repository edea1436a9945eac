use proptest::prelude::*;

use super::*;

const RULE: &str = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";

fn whole() -> Policy {
    let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>();
    Policy {
        rules: vec![
            Rule {
                id: Some("first & foremost".to_owned()),
                allowed_origins: list(&["https://a.example", "https://*.b.example"]),
                allowed_methods: list(&["GET", "PUT"]),
                allowed_headers: list(&["*"]),
                expose_headers: list(&["ETag", "x-oss-request-id"]),
                max_age_seconds: Some(0),
            },
            Rule { allowed_origins: list(&["<&>\"'"]), allowed_methods: list(&["HEAD"]), ..Rule::default() },
        ],
        response_vary: true,
        allow_credentials: false,
    }
}

#[test]
fn each_dialect_keeps_what_it_has_words_for() {
    let policy = whole();
    let mut oss = policy.clone();
    oss.rules[0].id = None;
    assert_eq!(parse_xml(write_xml(&policy, Dialect::Oss).as_bytes(), Dialect::Oss), Ok(oss));
    let s3 = Policy { response_vary: false, ..policy.clone() };
    assert_eq!(parse_xml(write_xml(&policy, Dialect::S3).as_bytes(), Dialect::S3), Ok(s3));
}

#[test]
fn oss_has_no_namespace_and_always_says_response_vary() {
    let policy = Policy::from_origins(["https://a.example"]).with_methods(["GET"]).with_max_age(600);
    assert_eq!(
        write_xml(&policy, Dialect::Oss),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CORSConfiguration><CORSRule>\
         <AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
         <MaxAgeSeconds>600</MaxAgeSeconds></CORSRule><ResponseVary>false</ResponseVary></CORSConfiguration>"
    );
    assert!(
        write_xml(&policy, Dialect::S3)
            .contains("<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">")
    );
}

#[test]
fn what_clients_send_is_read() {
    let rows = [
        format!("<CORSConfiguration>{RULE}</CORSConfiguration>"),
        format!(
            "<?xml version='1.0'?>\n<!-- x -->\n<CORSConfiguration xmlns=\"urn:x\">\n {RULE}\n</CORSConfiguration>\n"
        ),
        format!("<c:CORSConfiguration xmlns:c='urn:x'>{RULE}</c:CORSConfiguration>"),
        format!("<CORSConfiguration>{RULE}<ResponseVary>false</ResponseVary></CORSConfiguration>"),
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin><![CDATA[*]]></AllowedOrigin>\
         </CORSRule></CORSConfiguration>"
            .to_owned(),
        "<CORSConfiguration><CORSRule><AllowedMethod>&#71;ET</AllowedMethod><AllowedOrigin>&#x2A;</AllowedOrigin>\
         </CORSRule></CORSConfiguration>"
            .to_owned(),
    ];
    let expected = Policy::from_origins(["*"]).with_methods(["GET"]);
    for document in rows {
        assert_eq!(parse_xml(document.as_bytes(), Dialect::Oss).as_ref(), Ok(&expected), "{document}");
    }
}

#[test]
fn what_a_store_refuses() {
    let rule = |inner: &str| {
        let whole = format!("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>{inner}");
        format!("<CORSConfiguration><CORSRule>{whole}</CORSRule></CORSConfiguration>")
    };
    /// Document, dialect, problem, and how it is answered: status, code, fine-grained code.
    type Row = (String, Dialect, XmlProblem, u16, &'static str, Option<&'static str>);
    let rows: Vec<Row> = vec![
        (
            "<CORSConfiguration></CORSConfiguration>".to_owned(),
            Dialect::Oss,
            XmlProblem::NoRules,
            400,
            "MalformedXML",
            Some("0034-00000002"),
        ),
        ("<CORSConfiguration/>".to_owned(), Dialect::S3, XmlProblem::NoRules, 400, "MalformedXML", None),
        (
            format!("<CORSConfiguration>{RULE}<ResponseVary>0</ResponseVary></CORSConfiguration>"),
            Dialect::Oss,
            XmlProblem::ResponseVary("0".to_owned()),
            400,
            "MalformedXML",
            Some("0034-00000004"),
        ),
        (
            format!("<CORSConfiguration>{}</CORSConfiguration>", RULE.repeat(11)),
            Dialect::Oss,
            XmlProblem::TooManyRules { limit: 10 },
            400,
            "CORSRuleBeyondLimit",
            Some("0034-00000006"),
        ),
        (
            rule("<AllowedOrigin>https://*.*</AllowedOrigin>"),
            Dialect::Oss,
            XmlProblem::OriginWildcards("https://*.*".to_owned()),
            400,
            "InvalidArgument",
            Some("0034-00000009"),
        ),
        (
            rule("<AllowedMethod>TEST</AllowedMethod>"),
            Dialect::Oss,
            XmlProblem::Method("TEST".to_owned()),
            400,
            "InvalidArgument",
            Some("0034-00000011"),
        ),
        (
            rule("<AllowedMethod></AllowedMethod>"),
            Dialect::Oss,
            XmlProblem::Method(String::new()),
            400,
            "InvalidArgument",
            Some("0034-00000011"),
        ),
        (
            rule("<AllowedMethod>PATCH</AllowedMethod>"),
            Dialect::S3,
            XmlProblem::Method("PATCH".to_owned()),
            400,
            "InvalidRequest",
            None,
        ),
        (
            rule("<ExposeHeader>*</ExposeHeader>"),
            Dialect::Oss,
            XmlProblem::ExposeHeader("*".to_owned()),
            400,
            "InvalidArgument",
            Some("0034-00000013"),
        ),
        (
            rule("<MaxAgeSeconds>-1</MaxAgeSeconds>"),
            Dialect::Oss,
            XmlProblem::MaxAge("-1".to_owned()),
            400,
            "MalformedXML",
            None,
        ),
        (
            rule("<AllowedHeader>*-*</AllowedHeader>"),
            Dialect::S3,
            XmlProblem::HeaderWildcards("*-*".to_owned()),
            400,
            "InvalidRequest",
            None,
        ),
        (
            "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
                .to_owned(),
            Dialect::Oss,
            XmlProblem::Missing("AllowedOrigin"),
            400,
            "MalformedXML",
            None,
        ),
        (
            "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>"
                .to_owned(),
            Dialect::Oss,
            XmlProblem::Missing("AllowedMethod"),
            400,
            "MalformedXML",
            None,
        ),
        (
            rule("<Nonsense>1</Nonsense>"),
            Dialect::Oss,
            XmlProblem::Unexpected("Nonsense".to_owned()),
            400,
            "MalformedXML",
            None,
        ),
        (
            "<!DOCTYPE x [<!ENTITY a 'b'>]><CORSConfiguration/>".to_owned(),
            Dialect::Oss,
            XmlProblem::DocType,
            400,
            "MalformedXML",
            None,
        ),
        (
            " ".repeat(16 * 1024 + 1),
            Dialect::Oss,
            XmlProblem::TooLong { limit: 16 * 1024 },
            400,
            "MalformedXML",
            None,
        ),
    ];
    for (document, dialect, problem, status, code, ec) in rows {
        let short: String = document.chars().take(120).collect();
        let error = parse_xml(document.as_bytes(), dialect).expect_err(&short);
        assert_eq!(error.problem, problem, "{short}");
        let answer = error.problem.answer(dialect);
        assert_eq!((answer.status, answer.code, answer.ec), (status, code, ec), "{short}");
    }
}

#[test]
fn what_is_no_xml_is_malformed() {
    let rows: &[&[u8]] = &[
        b"",
        b"{}",
        b"<CORSConfiguration>",
        b"<CORSConfiguration><CORSRule>",
        b"</CORSConfiguration>",
        b"<CORSConfiguration></CORSRule>",
        b"<CORSConfiguration>text</CORSConfiguration>",
        b"<CORSConfiguration><CORSRule><AllowedOrigin>&nbsp;</AllowedOrigin></CORSRule></CORSConfiguration>",
        b"<CORSConfiguration>\xff</CORSConfiguration>",
        b"<CORSConfiguration><CORSRule><AllowedOrigin>&#0;&#xD800;</AllowedOrigin></CORSRule></CORSConfiguration>",
    ];
    for document in rows {
        let problem = parse_xml(document, Dialect::Oss).expect_err("malformed").problem;
        assert!(matches!(problem, XmlProblem::Syntax(_)), "{} gave {problem:?}", document.escape_ascii());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(document in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_xml(&document, Dialect::Oss);
    }

    #[test]
    fn any_mix_of_elements_is_read_or_refused(parts in proptest::collection::vec(prop_oneof![
        Just("<CORSConfiguration>"), Just("</CORSConfiguration>"), Just("<CORSRule>"), Just("</CORSRule>"),
        Just("<AllowedOrigin>"), Just("</AllowedOrigin>"), Just("*"), Just("GET"), Just("<AllowedMethod>"),
        Just("</AllowedMethod>"), Just("<ID/>"), Just("&amp;"), Just("<![CDATA["), Just("]]>"), Just("<!--"),
    ], 0..20)) {
        let _ = parse_xml(parts.concat().as_bytes(), Dialect::S3);
    }
}
