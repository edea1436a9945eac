//! Every fault makes a difference on the wire, and the healthy store next to it makes none.

use std::collections::BTreeSet;

use super::*;
use crate::Fault::{self, *};

const ACAO: &str = "access-control-allow-origin";
const ACAC: &str = "access-control-allow-credentials";
const ACAM: &str = "access-control-allow-methods";
const ACAH: &str = "access-control-allow-headers";
const ACEH: &str = "access-control-expose-headers";
const ACMA: &str = "access-control-max-age";
const EXPOSED: &str = "ETag, Content-Range, X-Oss-Request-Id, X-Trace, X-App, X-App-Runs";

/// The fault, the requests of which the last is looked at, where one looks, what the healthy
/// store shows there, and what the one with the fault shows.
type Row = (Fault, &'static [&'static str], &'static str, &'static str, &'static str);

const PUT_FROM_A: &str = "OPTIONS x | Origin: {A} | ACRM: PUT";
const PUT_X_CUSTOM: &str = "OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x-custom";
const GET_FROM_A: &str = "GET data.json | Origin: {A}";
const GET_FROM_E: &str = "GET data.json | Origin: {E}";

const ROWS: &[Row] = &[
    (ReflectAnyOrigin, &[GET_FROM_E], ACAO, "-", E),
    (ReflectAnyOrigin, &["OPTIONS x | Origin: {E} | ACRM: PUT"], "status", "403", "200"),
    (ReflectWithCredentials, &["GET data.json | Origin: {E} | Cookie: a=b"], ACAO, "-", E),
    (ReflectWithCredentials, &[GET_FROM_E], ACAO, "-", "-"),
    (TrustNull, &["GET data.json | Origin: null"], ACAO, "-", "null"),
    (NullToStrangers, &[GET_FROM_E], ACAO, "-", "null"),
    (SubstringOrigin, &["GET data.json | Origin: https://app.exampl"], ACAO, "-", "https://app.exampl"),
    (PrefixOrigin, &["GET data.json | Origin: {A}.evil.test"], ACAO, "-", "https://app.example.evil.test"),
    (
        SuffixOrigin,
        &["GET data.json | Origin: https://evilapp.example"],
        ACAO,
        "-",
        "https://evilapp.example",
    ),
    (UnescapedDot, &["GET data.json | Origin: https://appxexample"], ACAO, "-", "https://appxexample"),
    (
        LastCharacterDropped,
        &["GET data.json | Origin: https://app.exampl.evil.test"],
        ACAO,
        "-",
        "https://app.exampl.evil.test",
    ),
    (SchemeIgnored, &["GET data.json | Origin: http://app.example"], ACAO, "-", "http://app.example"),
    (PortIgnored, &["GET data.json | Origin: {A}:444"], ACAO, "-", "https://app.example:444"),
    (PortIgnored, &["GET data.json | Origin: https://admin.example"], ACAO, "-", "https://admin.example"),
    (AnySubdomain, &["GET data.json | Origin: https://x.app.example"], ACAO, "-", "https://x.app.example"),
    (WildcardMatchesApex, &["GET /wild/x | Origin: {A}"], ACAO, "-", A),
    (
        WildcardWithoutBoundary,
        &["GET /wild/x | Origin: https://evilapp.example"],
        ACAO,
        "-",
        "https://evilapp.example",
    ),
    (PublicSuffixTrusted, &["GET data.json | Origin: https://x.github.io"], ACAO, "-", "https://x.github.io"),
    (OriginCaseIgnored, &["GET data.json | Origin: HTTPS://APP.EXAMPLE"], ACAO, "-", "HTTPS://APP.EXAMPLE"),
    (TrailingSlashAccepted, &["GET data.json | Origin: {A}/"], ACAO, "-", "https://app.example/"),
    (
        OriginPathAccepted,
        &["GET data.json | Origin: https://evil.test/app.example"],
        ACAO,
        "-",
        "https://evil.test/app.example",
    ),
    (
        UserinfoAccepted,
        &["GET data.json | Origin: {A}@evil.test"],
        ACAO,
        "-",
        "https://app.example@evil.test",
    ),
    (
        SpecialCharacterLabel,
        &["GET data.json | Origin: {A}_.evil.test"],
        ACAO,
        "-",
        "https://app.example_.evil.test",
    ),
    (
        LocalhostPrefix,
        &["GET data.json | Origin: http://localhost.evil.test"],
        ACAO,
        "-",
        "http://localhost.evil.test",
    ),
    (EmptyOriginAllowed, &["GET data.json | Origin:"], ACAO, "-", ""),
    (
        OriginListAccepted,
        &["GET data.json | Origin: {A} | Origin: {E}"],
        ACAO,
        "-",
        "https://app.example, https://evil.test",
    ),
    (ConfiguredOriginNeverMatches, &[GET_FROM_A], ACAO, A, "-"),
    (ConfiguredOriginNeverMatches, &["GET data.json | Origin: {B}"], ACAO, B, B),
    (StaticFirstOrigin, &["GET data.json | Origin: {B}"], ACAO, B, A),
    (FirstOriginWithoutOrigin, &["GET data.json"], ACAO, "-", A),
    (WildcardWithoutOrigin, &["GET data.json"], ACAO, "-", "*"),
    (WildcardWithoutOrigin, &["GET data.json"], "vary", "Origin", "-"),
    (OriginsJoined, &[GET_FROM_A], ACAO, A, "https://app.example, https://admin.example:8443"),
    (OriginsConcatenated, &[GET_FROM_A], ACAO, A, "https://app.examplehttps://admin.example:8443"),
    (DuplicateAllowOrigin, &[GET_FROM_A], ACAO, A, "https://app.example | https://app.example"),
    (AllowOriginFalse, &[GET_FROM_E], ACAO, "-", "false"),
    (PartialWildcardLiteral, &[GET_FROM_A], ACAO, A, "https://*.example"),
    (AllowOriginTrailingSlash, &[GET_FROM_A], ACAO, A, "https://app.example/"),
    (CredentialsToStrangers, &[GET_FROM_E], ACAC, "-", "true"),
    (StateLeak, &[GET_FROM_A, GET_FROM_E], ACAO, "-", A),
    (StateLeak, &[GET_FROM_A, "GET data.json"], ACAO, "-", A),
    (ReplicaDrift, &[GET_FROM_A, GET_FROM_A, GET_FROM_A], ACAO, A, "-"),
    (ReplicaDrift, &[GET_FROM_A, GET_FROM_A], ACAO, A, A),
    (WildcardWithCredentials, &[GET_FROM_A], ACAO, A, "*"),
    (WildcardWithCredentials, &["GET /open/x | Origin: {A}"], ACAC, "-", "true"),
    (PreflightWildcardActualEcho, &[PUT_FROM_A], ACAO, A, "*"),
    (PreflightWildcardActualEcho, &[GET_FROM_A], ACAO, A, A),
    (CredentialsCapitalised, &[GET_FROM_A], ACAC, "true", "True"),
    (CredentialsTwice, &[GET_FROM_A], ACAC, "true", "true | true"),
    (CredentialsFalse, &[GET_FROM_E], ACAC, "-", "false"),
    (CredentialsMissingOnPreflight, &[PUT_FROM_A], ACAC, "true", "-"),
    (CredentialsMissingOnActual, &[GET_FROM_A], ACAC, "true", "-"),
    (WildcardListsWithCredentials, &[PUT_X_CUSTOM], ACAH, "x-custom", "*"),
    (WildcardListsWithCredentials, &[GET_FROM_A], ACEH, EXPOSED, "*"),
    (
        WildcardAllowHeaders,
        &["OPTIONS x | Origin: {A} | ACRM: GET | ACRH: authorization"],
        ACAH,
        "authorization",
        "*",
    ),
    (VaryMissing, &[GET_FROM_A], "vary", "Origin", "-"),
    (VaryMissingWhenRefused, &[GET_FROM_E], "vary", "Origin", "-"),
    (VaryMissingWhenRefused, &[GET_FROM_A], "vary", "Origin", "Origin"),
    (VaryMissingWithoutOrigin, &["GET data.json"], "vary", "Origin", "-"),
    (VaryMissingOnPreflight, &[PUT_FROM_A], "vary", "Origin", "-"),
    (
        VaryOverwritesApp,
        &["GET vary/encoding.json | Origin: {A}"],
        "vary",
        "Accept-Encoding, Origin",
        "Origin",
    ),
    (
        AppOverwritesVary,
        &["GET vary/encoding.json | Origin: {A}"],
        "vary",
        "Accept-Encoding, Origin",
        "Accept-Encoding",
    ),
    (VaryLostWithRequestedHeaders, &[PUT_X_CUSTOM], "vary", "Origin", "Access-Control-Request-Headers"),
    (
        VaryReflectsRequest,
        &["GET data.json | Origin: {A} | Vary: x-evil"],
        "vary",
        "Origin",
        "x-evil, Origin",
    ),
    (VaryWrongName, &[GET_FROM_A], "vary", "Origin", "Access-Control-Allow-Origin"),
    (VaryDuplicated, &[GET_FROM_A], "vary", "Origin", "Origin | Origin"),
    (VaryStarAppended, &["GET vary/star.json | Origin: {A}"], "vary", "*", "*, Origin"),
    (CacheIgnoresVary, &[GET_FROM_A, "GET data.json | Origin: {B}"], ACAO, B, A),
    (CacheIgnoresVary, &["GET data.json", GET_FROM_A], ACAO, A, "-"),
    (CacheIgnoresVary, &["GET data.json?1", GET_FROM_A], ACAO, A, A),
    (NotModifiedBare, &["GET data.json | Origin: {A} | If-None-Match: *"], ACAO, A, "-"),
    (NotModifiedOtherOrigin, &["GET data.json | Origin: {B} | If-None-Match: *"], ACAO, B, A),
    (NotModifiedOtherOrigin, &["GET data.json | Origin: {E} | If-None-Match: *"], ACAO, "-", "-"),
    (VaryMissingOnNotModified, &["GET data.json | Origin: {A} | If-None-Match: *"], "vary", "Origin", "-"),
    (VaryMissingOnNotModified, &[GET_FROM_A], "vary", "Origin", "Origin"),
    (VaryMissingOnErrors, &["GET missing | Origin: {A}"], "vary", "Origin", "-"),
    (VaryMissingOnErrors, &["GET err/500"], "vary", "Origin", "-"),
    (VaryMissingOnRedirects, &["GET redirect | Origin: {A}"], "vary", "Origin", "-"),
    (VaryMissingOnParts, &["GET data.json | Origin: {A} | Range: bytes=0-0"], "vary", "Origin", "-"),
    (VaryMissingOnHead, &["HEAD data.json | Origin: {A}"], "vary", "Origin", "-"),
    (VaryRemovedOnTheWay, &["GET vary/encoding.json | Origin: {A}"], "vary", "Accept-Encoding, Origin", "-"),
    (CacheStoresPreflights, &[PUT_FROM_A, "OPTIONS x | Origin: {B} | ACRM: PUT"], ACAO, B, A),
    (CacheStoresPreflights, &[GET_FROM_A, "GET data.json | Origin: {B}"], ACAO, B, B),
    (OptionsSwallowed, &["OPTIONS app | Origin: {A}"], "x-app", "reached", "-"),
    (OptionsWithoutOriginSwallowed, &["OPTIONS app | ACRM: PUT"], "x-app", "reached", "-"),
    (OptionsWithoutOriginSwallowed, &["OPTIONS app"], "x-app", "reached", "-"),
    (OptionsSwallowed, &["OPTIONS x | Origin: {A}"], "status", "400", "200"),
    (OptionsSwallowed, &["OPTIONS x | Origin: {A}"], ACAO, "-", A),
    (OptionsSwallowed, &["OPTIONS x | Origin: {E}"], ACAO, "-", "-"),
    (OptionsWithoutOriginSwallowed, &["OPTIONS x | ACRM: PUT"], "status", "400", "200"),
    (PreflightNeedsRequestedHeaders, &[PUT_FROM_A], "status", "200", "403"),
    (
        PreflightRunsHandler,
        &["OPTIONS app | Origin: {A} | ACRM: POST", "POST app | Origin: {A}"],
        "x-app-runs",
        "1",
        "2",
    ),
    (PreflightRunsHandler, &[PUT_FROM_A], "x-app", "-", "reached"),
    (AuthBeforeCors, &[PUT_FROM_A], "status", "200", "401"),
    (NoOptionsRoute, &[PUT_FROM_A], "status", "200", "405"),
    (PreflightRedirected, &[PUT_FROM_A], "location", "-", "/default/x/"),
    (PreflightWithoutAllowOrigin, &[PUT_FROM_A], ACAO, A, "-"),
    (ForeignPreflightForwarded, &["OPTIONS app | Origin: {E} | ACRM: PUT"], "x-app", "-", "reached"),
    (
        AnyMethodEchoed,
        &["OPTIONS x | Origin: {A} | ACRM: PROPFIND"],
        ACAM,
        "-",
        "GET, HEAD, PUT, POST, DELETE, PROPFIND",
    ),
    (
        OptionsAlwaysAllowed,
        &["OPTIONS x | Origin: {A} | ACRM: OPTIONS"],
        ACAM,
        "-",
        "GET, HEAD, PUT, POST, DELETE, OPTIONS",
    ),
    (AllowMethodsMissing, &[PUT_FROM_A], ACAM, "GET, HEAD, PUT, POST, DELETE", "-"),
    (MethodCaseMangled, &[PUT_FROM_A], ACAM, "GET, HEAD, PUT, POST, DELETE", "get, head, put, post, delete"),
    (
        MethodCaseIgnored,
        &["OPTIONS x | Origin: {A} | ACRM: put"],
        ACAM,
        "-",
        "GET, HEAD, PUT, POST, DELETE, put",
    ),
    (
        AllowMethodsInvalid,
        &[PUT_FROM_A],
        ACAM,
        "GET, HEAD, PUT, POST, DELETE",
        "GET; HEAD; PUT; POST; DELETE",
    ),
    (AllowHeadersInvalid, &[PUT_X_CUSTOM], ACAH, "x-custom", "[\"x-custom\"]"),
    (AnyHeaderEchoed, &["OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x-evil"], ACAH, "-", "x-evil"),
    (
        OneHeaderAllowsAll,
        &["OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x-custom,x-evil"],
        ACAH,
        "-",
        "x-custom, x-evil",
    ),
    (OneHeaderAllowsAll, &["OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x-evil"], ACAH, "-", "-"),
    (
        HeaderListAsOneString,
        &["OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: authorization,x-custom"],
        "status",
        "200",
        "403",
    ),
    (HeaderListAsOneString, &[PUT_X_CUSTOM], "status", "200", "200"),
    (HeaderCaseSensitive, &[PUT_X_CUSTOM], "status", "200", "403"),
    (
        HeaderWhitespaceKept,
        &["OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x-custom, range"],
        "status",
        "200",
        "403",
    ),
    (
        SplitHeadersFirstLineOnly,
        &["OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x-custom | ACRH: range"],
        ACAH,
        "x-custom, range",
        "x-custom",
    ),
    (
        EmptyHeaderMemberRefused,
        &["OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x-custom,,range"],
        "status",
        "200",
        "403",
    ),
    (
        HeaderAmplification,
        &[
            "OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x-custom,authorization,content-type,if-none-match,x-requested-with",
        ],
        ACAH,
        "x-custom, authorization, content-type, if-none-match, x-requested-with",
        "x-custom,authorization,content-type,if-none-match,x-requested-with,x-custom,authorization,content-type,if-none-match,x-requested-with",
    ),
    (MaxAgeUnit, &[PUT_FROM_A], ACMA, "600", "600s"),
    (MaxAgeNotSent, &[PUT_FROM_A], ACMA, "600", "-"),
    (MisspeltField, &[PUT_FROM_A], "access-control-allow-max-age", "-", "600"),
    (ExposeOnPreflightOnly, &[GET_FROM_A], ACEH, EXPOSED, "-"),
    (ExposeOnPreflightOnly, &[PUT_FROM_A], ACEH, EXPOSED, EXPOSED),
    (
        ExposeWrongList,
        &[GET_FROM_A],
        ACEH,
        EXPOSED,
        "Authorization, Content-Type, Content-MD5, Cache-Control, If-Match, If-None-Match, If-Modified-Since, Range, \
         X-Custom, X-Requested-With, X-Oss-*",
    ),
    (PrivateNetworkAlways, &[PUT_FROM_A], "access-control-allow-private-network", "-", "true"),
    (ServerErrorBare, &["GET err/500 | Origin: {A}"], ACAO, A, "-"),
    (ClientErrorBare, &["GET missing | Origin: {A}"], ACAO, A, "-"),
    (ProxyErrorBare, &["GET err/429 | Origin: {A}"], ACAO, A, "-"),
    (RedirectBare, &["GET redirect | Origin: {A}"], ACAO, A, "-"),
    (NestedPathBare, &["GET assets/app.css | Origin: {A}"], ACAO, A, "-"),
    (WritesBare, &["PUT y | Origin: {A}"], ACAO, A, "-"),
    (HeadBare, &["HEAD data.json | Origin: {A}"], ACAO, A, "-"),
    (UnlistedOriginRefused, &["POST y | Origin: http://store.test"], "status", "200", "403"),
    (PathVariantReflects, &["GET /default/%2e/data.json | Origin: {E}"], ACAO, "-", E),
    (ControlBytesEchoed, &["GET data.json | Origin: {A}\u{7f}"], "status", "400", "400"),
    (
        ControlBytesEchoed,
        &["GET data.json | Origin: https://app\t.example"],
        ACAO,
        "-",
        "https://app\t.example",
    ),
    (StaticFilesBare, &["GET assets/font.woff2 | Origin: {A}"], ACAO, A, "-"),
    (DefaultPortKept, &[GET_FROM_A], ACAO, A, "-"),
    (RefusalWithoutReason, &["OPTIONS x | Origin: {E} | ACRM: PUT"], "x-oss-ec", "0003-00000602", "-"),
    (PreflightFieldsEverywhere, &[GET_FROM_E], ACAM, "-", "GET, HEAD, PUT, POST, DELETE"),
    (
        NormalisedName,
        &["GET data.json | Origin: https://\u{ff41}pp.example"],
        ACAO,
        "-",
        "https://\u{ef}\u{bd}\u{81}pp.example",
    ),
    (ErrorPageBare, &["GET err/503 | Origin: {A}"], ACAO, A, "-"),
    (RangeBare, &["GET data.json | Origin: {A} | Range: bytes=0-1"], ACAO, A, "-"),
    (PreconditionBare, &["GET data.json | Origin: {A} | If-Match: \"other\""], ACAO, A, "-"),
    (FirstOriginRuleOnly, &["OPTIONS /shop/x | Origin: {A} | ACRM: PUT"], "status", "200", "403"),
    (RulesMerged, &["OPTIONS /shop/x | Origin: {A} | ACRM: PUT | ACRH: x-one"], "status", "403", "200"),
    (LastRuleFirst, &["GET /shop/x | Origin: {A}"], ACMA, "0", "44"),
    (WildcardReflected, &["GET /open/x | Origin: {A}"], ACAO, "*", A),
    (WildcardNeedsCharacter, &["GET /shop/x | Origin: https://b.example"], ACAO, "https://b.example", "-"),
    (
        HeaderPatternIgnored,
        &["OPTIONS /shop/x | Origin: {A} | ACRM: PUT | ACRH: x-two-a"],
        "status",
        "200",
        "403",
    ),
    (ActualHeadersJudged, &["GET /shop/x | Origin: {A} | X-Odd: 1"], ACAO, A, "-"),
    (ReadImpliesHead, &["HEAD /shop/x | Origin: {A}"], ACAO, "-", A),
    (ActualMethodIgnored, &["DELETE /shop/y | Origin: {A}"], ACAO, "-", A),
    (PresignedPreflightRefused, &["OPTIONS x?Signature=x | Origin: {A} | ACRM: PUT"], "status", "200", "403"),
    (MaxAgeZeroDropped, &["GET /shop/x | Origin: {A}"], ACMA, "0", "-"),
    (ExposeWildcard, &[GET_FROM_A], ACEH, EXPOSED, "*"),
    (OriginNameCaseSensitive, &["GET data.json | origin: {A}"], ACAO, A, "-"),
    (RefererTrusted, &["GET data.json | Referer: {E}/"], ACAO, "-", E),
    (CookieNamesWildcard, &["GET /open/x | Origin: {A} | Cookie: a=b"], ACAO, "*", A),
    (EmbeddingForbidden, &["GET data.json"], "cross-origin-resource-policy", "-", "same-origin"),
    (MalformedCrashes, &["OPTIONS x | Origin: {A} | ACRM: PUT | ACRH: x evil"], "status", "403", "500"),
];

#[tokio::test]
async fn every_fault_shows_on_the_wire() {
    let server = server(Dialect::Oss).await;
    for (fault, lines, point, healthy, faulty) in ROWS {
        for (set, expected) in [(None, healthy), (Some(*fault), faulty)] {
            let before = runs(&server).await;
            server.store().set_fault(set);
            let mut seen = String::new();
            for line in *lines {
                seen = ask(&server, line).await.look(point);
            }
            server.store().set_fault(None);
            if *point == "x-app-runs" {
                let now: u64 = seen.parse().expect("a number");
                seen = (now - before).to_string();
            }
            assert_eq!(seen, *expected, "{point} of {lines:?} with {set:?}");
        }
    }
    server.shutdown().await;
}

/// How often the application has run before the next request.
async fn runs(server: &Server) -> u64 {
    ask(server, "GET app").await.look("x-app-runs").parse().expect("a number")
}

#[test]
fn every_fault_has_a_row_that_tells_it_from_health() {
    let told: BTreeSet<&str> = ROWS
        .iter()
        .filter(|(_, _, _, healthy, faulty)| healthy != faulty)
        .map(|(fault, ..)| fault.name())
        // Not to be seen in one request after the other: below.
        .chain([SharedOriginRace.name()])
        .collect();
    let all: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    assert_eq!(all.difference(&told).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(all.len(), Fault::ALL.len(), "names are unique");
}

#[tokio::test]
async fn a_shared_origin_mixes_concurrent_requests() {
    let server = server(Dialect::Oss).await;
    let mut mixed = [0, 0];
    for (count, fault) in mixed.iter_mut().zip([None, Some(SharedOriginRace)]) {
        server.store().set_fault(fault);
        for _ in 0..20 {
            let answers = tokio::join!(
                ask(&server, GET_FROM_A),
                ask(&server, "GET data.json | Origin: {B}"),
                ask(&server, GET_FROM_A),
                ask(&server, "GET data.json | Origin: {B}"),
            );
            let seen =
                [answers.0.look(ACAO), answers.1.look(ACAO), answers.2.look(ACAO), answers.3.look(ACAO)];
            *count += usize::from(seen != [A, B, A, B]);
        }
    }
    assert_eq!(mixed[0], 0);
    assert!(mixed[1] > 0);
}

#[test]
fn a_fault_is_found_by_its_name_or_a_near_one() {
    for fault in Fault::ALL {
        assert_eq!(fault.name().parse(), Ok(*fault));
        assert_eq!(fault.to_string(), fault.name());
        assert!(
            !fault.meaning().is_empty()
                && !fault.source().is_empty()
                && fault.id().starts_with(['M', 'O', 'R'])
        );
        assert_eq!(serde_json::to_string(fault).ok(), Some(format!("\"{}\"", fault.name())));
    }
    let unknown = "vary-mising".parse::<Fault>().expect_err("no fault");
    assert_eq!(unknown.to_string(), "there is no fault `vary-mising`; did you mean `vary-missing`?");
    let unknown = "qqqq".parse::<Fault>().expect_err("no fault");
    assert_eq!(unknown.to_string(), "there is no fault `qqqq`");
}
