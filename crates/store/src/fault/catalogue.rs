use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! faults {
    ($( $name:ident = $code:literal, $id:literal, $about:literal, $source:literal; )+) => {
        /// A named real-world defect that the reference store can be told to have.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Fault { $( #[doc = $about] #[serde(rename = $code)] $name, )+ }

        impl Fault {
            /// Every fault, in the order of the catalogue.
            pub const ALL: &'static [Fault] = &[ $( Fault::$name, )+ ];

            /// Its stable name.
            pub const fn name(self) -> &'static str {
                match self { $( Fault::$name => $code, )+ }
            }

            /// Its place in the catalogue of defects; variants of one defect share it.
            pub const fn id(self) -> &'static str {
                match self { $( Fault::$name => $id, )+ }
            }

            /// What the store does wrong, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $( Fault::$name => $about, )+ }
            }

            /// Where it was seen: advisories, issues of the products that had it, or the document
            /// that warns of it.
            pub const fn source(self) -> &'static str {
                match self { $( Fault::$name => $source, )+ }
            }
        }
    };
}

faults! {
    // Which origins are trusted.
    ReflectAnyOrigin = "reflect-any-origin", "M01",
        "Every origin is allowed and echoed.",
        "CVE-2023-49803, CVE-2021-39185, CVE-2018-8014, CVE-2018-20744";
    ReflectWithCredentials = "reflect-with-credentials", "M02",
        "A request with a cookie or Authorization is allowed from every origin.",
        "starlette #510, #1113; eneo #275";
    TrustNull = "trust-null", "M03",
        "The opaque origin `null` is allowed and echoed.", "CVE-2021-39185; thin-egress-app #399";
    NullToStrangers = "null-to-strangers", "M04",
        "Whoever is not allowed, or has no Origin, is answered with Access-Control-Allow-Origin: null.",
        "NelmioCorsBundle #50; stack-cors #85";
    SubstringOrigin = "substring-origin", "M05",
        "An origin is allowed that is part of an allowed one, or has one as a part.", "CVE-2025-50864";
    PrefixOrigin = "prefix-origin", "M06",
        "An origin is allowed that begins with an allowed one.",
        "CVE-2026-37737; CVE-2022-1996; starlette #801";
    SuffixOrigin = "suffix-origin", "M07",
        "An origin is allowed whose host ends with an allowed one, without a dot between.",
        "GHSA-vhxv-fg4m-p2w8; express cors #412";
    UnescapedDot = "unescaped-dot", "M08",
        "A dot of an allowed origin stands for any character.",
        "globalping #851; symfony-boilerplate #45";
    LastCharacterDropped = "last-character-dropped", "M09",
        "The last character of an allowed origin, and all that follows, is not compared.",
        "CVE-2019-25211";
    SchemeIgnored = "scheme-ignored", "M10",
        "The scheme of an origin is not compared.", "CORScanner: https trusts http";
    PortIgnored = "port-ignored", "M11",
        "The port of an origin is not compared.", "zfr-cors #19; rack-cors #167; sanic-cors 2.2.0";
    DefaultPortKept = "default-port-kept", "M12",
        "An origin is compared with its scheme's default port written out, so that one without a port never matches.",
        "helidon #12511";
    AnySubdomain = "any-subdomain", "M13",
        "Every subdomain of an allowed host is allowed.", "CORScanner, ZAP: any subdomain";
    WildcardMatchesApex = "wildcard-matches-apex", "M14",
        "A pattern such as `https://*.a.example` also allows `https://a.example`.",
        "jub0bs/cors documentation";
    WildcardWithoutBoundary = "wildcard-without-boundary", "M15",
        "A pattern such as `https://*.a.example` also allows `https://evila.example`.",
        "rs/cors #197; versatiles #254";
    PublicSuffixTrusted = "public-suffix-trusted", "M16",
        "Every site of a hosting provider on which anybody can publish is allowed.",
        "jub0bs/cors: public suffixes";
    OriginCaseIgnored = "origin-case-ignored", "M17",
        "The case of an origin is not compared.", "rs/cors, flask-cors 6.0.5, sanic-cors";
    TrailingSlashAccepted = "trailing-slash-accepted", "M18",
        "Any origin with a slash at its end is allowed.", "ktor #4163; django-cors-headers 4.9";
    OriginPathAccepted = "origin-path-accepted", "M19",
        "An origin is allowed that has an allowed host in its path or query.", "enable-cors.org #74";
    UserinfoAccepted = "userinfo-accepted", "M20",
        "An origin is allowed that has an allowed one as its user name.", "CVE-2024-22243 and its kind";
    SpecialCharacterLabel = "special-character-label", "M21",
        "An allowed origin may be followed by a special character and anything else.",
        "Corben Leo: advanced CORS exploitation techniques";
    LocalhostPrefix = "localhost-prefix", "M22",
        "Every origin is allowed whose host begins with localhost.", "CVE-2019-25211";
    EmptyOriginAllowed = "empty-origin-allowed", "M23",
        "An empty Origin is allowed, and echoed as it is.", "opencode #39108; rocket_cors #23";
    OriginListAccepted = "origin-list-accepted", "M24",
        "A list of origins with an allowed one among them is allowed and echoed.", "sanic-cors 2.2.0";
    ConfiguredOriginNeverMatches = "configured-origin-never-matches", "M25",
        "The first configured origin is compared with a slash at its end and so never matches.",
        "etherealengine #207; django-cors-headers E013; cortex #6";
    StaticFirstOrigin = "static-first-origin", "M26",
        "Everybody is answered with the first allowed origin.", "MDN: CORSAllowOriginNotMatchingOrigin";
    FirstOriginWithoutOrigin = "first-origin-without-origin", "M27",
        "A request without Origin is answered as if the first allowed origin had asked.",
        "flask-cors 6.0.5";
    WildcardWithoutOrigin = "wildcard-without-origin", "M28",
        "A request without Origin is answered with *, with credentials and without Vary.", "h3 1.15.11";
    OriginsJoined = "origins-joined", "M29",
        "All allowed origins are sent in one Access-Control-Allow-Origin.",
        "tower-http #255; ingress-nginx #7162; enkan #69";
    OriginsConcatenated = "origins-concatenated", "M30",
        "All allowed origins are sent in one Access-Control-Allow-Origin, with nothing between.",
        "actix-web #517";
    DuplicateAllowOrigin = "duplicate-allow-origin", "M31",
        "Access-Control-Allow-Origin is sent twice.", "ingress-nginx #2138; kong #259; caddy #3665";
    AllowOriginFalse = "allow-origin-false", "M32",
        "Origins that are not allowed are answered with Access-Control-Allow-Origin: false.",
        "fastify-cors #124; express cors #232; adonis #3";
    PartialWildcardLiteral = "partial-wildcard-literal", "M33",
        "Access-Control-Allow-Origin is a pattern with *.", "CORStest; ZAP 40040";
    AllowOriginTrailingSlash = "allow-origin-trailing-slash", "M34",
        "Access-Control-Allow-Origin has a slash at its end.",
        "Fetch: CORS protocol and credentials, table of results";
    CredentialsToStrangers = "credentials-to-strangers", "M35",
        "Origins that are not allowed are answered with Access-Control-Allow-Credentials: true.",
        "starlette #2560";
    StateLeak = "state-leak", "M36",
        "A request that is not allowed is answered with what the one before it was allowed.",
        "starlette #510, #511";
    SharedOriginRace = "shared-origin-race", "M37",
        "The allowed origin is kept in one place for all requests, so that concurrent ones mix.",
        "jub0bs/cors 0.3.0; rs/cors #198";
    ReplicaDrift = "replica-drift", "M38",
        "Every third answer comes from a replica that has no rules.", "kong #14110";

    // Credentials.
    WildcardWithCredentials = "wildcard-with-credentials", "M39",
        "Allowed origins are answered with * and with credentials.",
        "CVE-2024-25124; hono #4811; go-chi/cors #6";
    PreflightWildcardActualEcho = "preflight-wildcard-actual-echo", "M40",
        "Preflights are answered with *, actual requests with their origin.",
        "starlette #1113; oauth2_proxy #518";
    CredentialsCapitalised = "credentials-capitalised", "M41",
        "Access-Control-Allow-Credentials is True.", "tornadio2 #34; suave #575; icecast-kh #436";
    CredentialsTwice = "credentials-twice", "M42",
        "Access-Control-Allow-Credentials is sent twice.", "ohmage #514";
    CredentialsFalse = "credentials-false", "M43",
        "Where credentials are not allowed, Access-Control-Allow-Credentials is false.", "pac4j #1185";
    CredentialsMissingOnPreflight = "credentials-missing-on-preflight", "M44",
        "Preflights do not allow the credentials that actual requests allow.",
        "Fetch: CORS-preflight request and credentials";
    CredentialsMissingOnActual = "credentials-missing-on-actual", "M44",
        "Actual requests do not allow the credentials that preflights allow.",
        "Fetch: CORS-preflight request and credentials";
    WildcardListsWithCredentials = "wildcard-lists-with-credentials", "M45",
        "Methods and headers are answered with *, which with credentials is an ordinary name.",
        "eneo #275; falcon 4.4; cloudflare-tunnel #239";
    WildcardAllowHeaders = "wildcard-allow-headers", "M46",
        "Access-Control-Allow-Headers is *, which does not cover Authorization.",
        "llama-swap #81; roll #79";

    // Vary and caches.
    VaryMissing = "vary-missing", "M47",
        "No answer has Vary: Origin.", "aspnet/CORS #97; envoy #35873; vapor #2539; kong #3765";
    VaryMissingWhenRefused = "vary-missing-when-refused", "M48",
        "Answers to origins that are not allowed lack Vary: Origin.",
        "express cors #106; big-code #859";
    VaryMissingWithoutOrigin = "vary-missing-without-origin", "M49",
        "Answers to requests without Origin lack Vary: Origin.",
        "spring #22273; jetty #1927; Amazon S3";
    VaryMissingOnPreflight = "vary-missing-on-preflight", "M50",
        "Answers to preflights lack Vary: Origin.", "vertx-web #2880; rack-cors #289; starlette #3517";
    VaryOverwritesApp = "vary-overwrites-app", "M51",
        "Vary: Origin takes the place of the Vary that was there.",
        "hono #2932; tower-http #473; koa-cors #14";
    AppOverwritesVary = "app-overwrites-vary", "M52",
        "The Vary that was there takes the place of Vary: Origin.", "fastify-cors; http4s #2003";
    VaryLostWithRequestedHeaders = "vary-lost-with-requested-headers", "M53",
        "With Access-Control-Request-Headers, Vary names only that.",
        "h3 #1396; effect #2144; opencode #26445";
    VaryReflectsRequest = "vary-reflects-request", "M54",
        "The request's Vary is copied to the answer.", "GHSA-q7jf-gf43-6x6p";
    VaryWrongName = "vary-wrong-name", "M55",
        "Vary names Access-Control-Allow-Origin instead of Origin.", "actix-cors #369";
    VaryDuplicated = "vary-duplicated", "M56",
        "Vary: Origin is sent twice.", "spring #24829; tower-http #598";
    VaryStarAppended = "vary-star-appended", "M57",
        "Origin is appended to Vary: *.", "pk-opencode #361";
    CacheIgnoresVary = "cache-ignores-vary", "M58",
        "A cache in front of the store gives everybody the answer that the first one got.",
        "ror #427; api.data.gov #397; mozilla/addons #12155";
    NotModifiedBare = "not-modified-bare", "M59",
        "304 Not Modified has no CORS fields and no Vary.", "Apache bug 51223; NelmioCorsBundle #32";
    NotModifiedOtherOrigin = "not-modified-other-origin", "M59",
        "304 Not Modified names the first allowed origin, whichever origin the request has.",
        "remotestorage #100; solid/web-access-control-spec #67";
    VaryMissingOnNotModified = "vary-missing-on-not-modified", "M47",
        "304 Not Modified lacks Vary: Origin.", "spring #34614; RFC 9110 §15.4.5";
    VaryMissingOnErrors = "vary-missing-on-errors", "M47",
        "Answers of 400 and above lack Vary: Origin.", "Fetch: CORS protocol and HTTP caches";
    VaryMissingOnRedirects = "vary-missing-on-redirects", "M47",
        "Redirects lack Vary: Origin.", "Fetch: CORS protocol and HTTP caches";
    VaryMissingOnParts = "vary-missing-on-parts", "M47",
        "Answers to ranges lack Vary: Origin.", "Fetch: CORS protocol and HTTP caches";
    VaryMissingOnHead = "vary-missing-on-head", "M47",
        "Answers to HEAD lack Vary: Origin.", "RFC 9110 §9.3.2";
    VaryRemovedOnTheWay = "vary-removed-on-the-way", "M58",
        "A proxy removes Vary from every answer, also what the object has of its own.",
        "ttoss #1205; Akamai: Remove Vary Header";
    CacheStoresPreflights = "cache-stores-preflights", "M58",
        "A cache in front of the store answers a preflight with what the first one for the URL got.",
        "RFC 9110 §9.3.7; jub0bs/cors documentation";

    // Preflights.
    OptionsSwallowed = "options-swallowed", "M60",
        "Every OPTIONS request with Origin is answered as a preflight.", "echo #2534; fastify-cors #88";
    OptionsWithoutOriginSwallowed = "options-without-origin-swallowed", "M61",
        "OPTIONS requests without Origin are answered with an empty success.",
        "gorilla/handlers; rs/cors; LUSH #91";
    PreflightNeedsRequestedHeaders = "preflight-needs-requested-headers", "M62",
        "A preflight without Access-Control-Request-Headers is refused.",
        "traefik #5896; mysterium #110";
    PreflightRunsHandler = "preflight-runs-handler", "M63",
        "A preflight runs what only the actual request may run.", "laravel-cors #223";
    AuthBeforeCors = "auth-before-cors", "M64",
        "Preflights, which carry no credentials, are answered with 401.",
        "aspnet/CORS #45; flask-cors #170; Ocelot #633";
    NoOptionsRoute = "no-options-route", "M65",
        "OPTIONS is answered with 405.", "aspnetcore #18665; gofsen #1; fastify-cors #281";
    PreflightRedirected = "preflight-redirected", "M66",
        "Preflights are redirected.", "aspnetcore #36542; gbif #94; lumen #66";
    PreflightWithoutAllowOrigin = "preflight-without-allow-origin", "M67",
        "Allowed preflights lack Access-Control-Allow-Origin.",
        "poem #32; martini-cors #3; traefik #6665";
    ForeignPreflightForwarded = "foreign-preflight-forwarded", "M68",
        "Preflights of origins that are not allowed reach the application.",
        "envoy #14233; istio #57104";
    AnyMethodEchoed = "any-method-echoed", "M69",
        "Whatever method is asked for is allowed.", "envoy-gateway #2065";
    OptionsAlwaysAllowed = "options-always-allowed", "M70",
        "The method OPTIONS is allowed though no rule names it.", "go-chi/cors #37; rs/cors";
    AllowMethodsMissing = "allow-methods-missing", "M71",
        "Preflights lack Access-Control-Allow-Methods.", "envoy #37533";
    MethodCaseMangled = "method-case-mangled", "M72",
        "Access-Control-Allow-Methods is in another case than the rule.", "gin-contrib/cors #121, #187";
    MethodCaseIgnored = "method-case-ignored", "M73",
        "The method asked for is compared without case, and echoed.", "hapi #3047";
    AllowMethodsInvalid = "allow-methods-invalid", "M74",
        "Access-Control-Allow-Methods is separated by semicolons.", "MDN: CORSInvalidAllowMethod";
    AllowHeadersInvalid = "allow-headers-invalid", "M74",
        "Access-Control-Allow-Headers is a JSON array.", "MDN: CORSInvalidAllowHeader";
    AnyHeaderEchoed = "any-header-echoed", "M75",
        "Whatever headers are asked for are allowed.",
        "express cors #61; saltnado #27248; llama-swap #83";
    OneHeaderAllowsAll = "one-header-allows-all", "M76",
        "One allowed header among those asked for lets all through.", "noobaa #9776; poem 3.1.12";
    HeaderListAsOneString = "header-list-as-one-string", "M77",
        "Access-Control-Request-Headers is compared as one name.", "go-restful #64";
    HeaderCaseSensitive = "header-case-sensitive", "M78",
        "Requested headers are compared with case, and browsers send lower case.",
        "aspnet/CORS #29; hapi #2866; superagent #1620";
    HeaderWhitespaceKept = "header-whitespace-kept", "M79",
        "Whitespace around requested headers is taken for a part of the name.",
        "warp #792; martini-cors #5";
    SplitHeadersFirstLineOnly = "split-headers-first-line-only", "M80",
        "Of several Access-Control-Request-Headers lines only the first is read.",
        "rs/cors #184; go-chi/cors #33; gateway-api #4668";
    EmptyHeaderMemberRefused = "empty-header-member-refused", "M81",
        "An empty member among the requested headers is refused.", "aeronet #234; actix-cors 0.7.2";
    HeaderAmplification = "header-amplification", "M82",
        "Access-Control-Allow-Headers grows with the square of what was asked.",
        "rs/cors #170; go-chi/cors #36";
    MaxAgeUnit = "max-age-unit", "M83",
        "Access-Control-Max-Age has a unit.", "gofr #4052; MDN content #9593";
    MaxAgeNotSent = "max-age-not-sent", "M84",
        "The configured Access-Control-Max-Age is never sent.", "h3 1.15.11; Ackee #261";
    MisspeltField = "misspelt-field", "M85",
        "The maximum age is sent as Access-Control-Allow-Max-Age.", "apigee #83; caddy #5785";
    RefusalWithoutReason = "refusal-without-reason", "M86",
        "A refused preflight does not say why: the answer is empty.",
        "corsica #31; tuupola/cors-middleware #62; whatwg/fetch #1588";
    ExposeOnPreflightOnly = "expose-on-preflight-only", "M87",
        "Access-Control-Expose-Headers is on preflights, where it means nothing, and not on actual answers.",
        "quarkus #33922; wsgidav #366; magento2 #84";
    ExposeWrongList = "expose-wrong-list", "M88",
        "Access-Control-Expose-Headers lists the request headers.", "elysia-cors #34";
    PreflightFieldsEverywhere = "preflight-fields-everywhere", "M89",
        "Access-Control-Allow-Methods and -Headers are on every answer, not only on preflights.",
        "yulin #976; django-cors-headers 4.9";
    PrivateNetworkAlways = "private-network-always", "M90",
        "Access-Control-Allow-Private-Network is sent without being asked for.", "CVE-2024-6221";

    // Answers to actual requests.
    ServerErrorBare = "server-error-bare", "M91",
        "Answers of 500 and above have no CORS fields.",
        "aspnet/CORS #46; starlette #1116; actix-cors #19";
    ClientErrorBare = "client-error-bare", "M92",
        "Answers of 400 to 499 have no CORS fields.",
        "fastify-cors #2; hapi #4590; sam #1178; warp 0.4.3";
    ProxyErrorBare = "proxy-error-bare", "M93",
        "Answers that a proxy makes itself (413, 429, 502, 503, 504) have no CORS fields.",
        "openlibrary #11140; modrinth #2591; emissary #2030";
    RedirectBare = "redirect-bare", "M94",
        "Redirects have no CORS fields.", "ollama #13420; lumen #32; slim #7";
    NestedPathBare = "nested-path-bare", "M95",
        "Paths below a folder have no CORS fields.",
        "nginx: add_header and inheritance; nodejs/build #3437";
    WritesBare = "writes-bare", "M96",
        "Answers to PUT and DELETE have no CORS fields.", "aspnet/CORS #129; nginx: if";
    HeadBare = "head-bare", "M97",
        "Answers to HEAD have no CORS fields.", "RFC 9110 §9.3.2";
    UnlistedOriginRefused = "unlisted-origin-refused", "M98",
        "An actual request of an origin that is not allowed, also of the store's own, is answered with 403.",
        "spring-boot #10965; spring #29600; warp 0.4.3";
    PathVariantReflects = "path-variant-reflects", "M100",
        "A path written in another way, with %2e or //, escapes the rules.",
        "CVE-2020-25032; CVE-2024-6844; CVE-2024-6866";
    ControlBytesEchoed = "control-bytes-echoed", "M101",
        "Control and other bytes in Origin are overlooked when it is compared, and echoed.",
        "Kettle 2016; sanic-cors 2.2.0";
    NormalisedName = "normalised-name", "M102",
        "An origin in raw UTF-8 is normalised before it is compared, and echoed as it came.",
        "jub0bs/cors documentation: Unicode hosts";
    ErrorPageBare = "error-page-bare", "M103",
        "A proxy's error page takes the place of 404, 500 and 503 answers, and of their fields.",
        "traefik #9976; aspnetcore #2378";
    StaticFilesBare = "static-files-bare", "M104",
        "Styles, scripts, fonts and images have no CORS fields.", "Font-Awesome #18446; cdnjs #13324";
    RangeBare = "range-bare", "M92",
        "Answers to a range, 206 and 416, have no CORS fields.", "localstack #4740; RFC 9110 §14";
    PreconditionBare = "precondition-bare", "M92",
        "412 Precondition Failed has no CORS fields.", "fastify-cors #2: errors before the handler";

    // Rules of object stores.
    FirstOriginRuleOnly = "first-origin-rule-only", "O01",
        "Only the first rule that has the origin is asked, whatever its methods and headers.",
        "ceph #69190; Ceph RGW 16.2";
    RulesMerged = "rules-merged", "O02",
        "Rules that have the origin are taken together: the method of one with the headers of another.",
        "versitygw: multi-rule tests; OSS: PutBucketCors";
    LastRuleFirst = "last-rule-first", "O03",
        "Rules are asked from the last to the first.", "OSS: PutBucketCors, order of rules";
    WildcardReflected = "wildcard-reflected", "O04",
        "A rule for * answers each origin with its own name, and with credentials.",
        "minio #21352; seaweedfs #7544";
    WildcardNeedsCharacter = "wildcard-needs-character", "O05",
        "* in an origin pattern does not stand for nothing.", "localstack: cors.py; ceph s3-tests";
    HeaderPatternIgnored = "header-pattern-ignored", "O06",
        "A header pattern such as x-amz-* is taken for a name.", "localstack #4398; versitygw";
    ActualHeadersJudged = "actual-headers-judged", "O07",
        "The headers of an actual request are judged by the rule's AllowedHeader.",
        "localstack: test_s3_cors, get with headers that are not allowed";
    ReadImpliesHead = "read-implies-head", "O08",
        "HEAD is allowed by a rule that lists GET only.", "versitygw: second rule";
    ActualMethodIgnored = "actual-method-ignored", "O09",
        "An actual request is matched by its origin alone.", "localstack: test_s3_cors, wrong operation";
    PresignedPreflightRefused = "presigned-preflight-refused", "O10",
        "A preflight with a query is asked for its signature.",
        "localstack #99, #3266, #4056; ceph s3-tests: presigned";
    MaxAgeZeroDropped = "max-age-zero-dropped", "O11",
        "A maximum age of 0 is not sent.", "OSS: cors-options prints Access-Control-Max-Age: 0";
    ExposeWildcard = "expose-wildcard", "O12",
        "Access-Control-Expose-Headers is * whatever the rule lists.", "MinIO; SeaweedFS 3.97";

    // How requests are read.
    OriginNameCaseSensitive = "origin-name-case-sensitive", "R01",
        "The field Origin is only read when it is written so.", "ossrs/srs #1881; localstack #9957";
    RefererTrusted = "referer-trusted", "R02",
        "Without Origin, the one in Referer or X-Forwarded-Origin is sent back.",
        "localstack: test_s3_cors, Referer";
    CookieNamesWildcard = "cookie-names-wildcard", "R03",
        "A cookie turns * into the page's name with credentials.", "starlette #1113; eneo #275";
    EmbeddingForbidden = "embedding-forbidden", "R05",
        "Every answer has Cross-Origin-Resource-Policy: same-origin, so that no other site can embed it.",
        "Fetch §3.7; helmet: its default";
    MalformedCrashes = "malformed-crashes", "R04",
        "A preflight that asks for what is no token is answered with 500.",
        "versitygw: invalid request headers";
}

/// A name that no fault has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault `{name}`{}", nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
pub struct UnknownFault {
    /// The name as given.
    pub name: String,
    /// The fault whose name is most like it, if any is.
    pub nearest: Option<&'static str>,
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(fault) = Self::ALL.iter().find(|fault| fault.name() == name) {
            return Ok(*fault);
        }
        let nearest = Self::ALL
            .iter()
            .map(|fault| (strsim::jaro_winkler(name, fault.name()), fault.name()))
            .filter(|(likeness, _)| *likeness > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| name);
        Err(UnknownFault { name: name.to_owned(), nearest })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
