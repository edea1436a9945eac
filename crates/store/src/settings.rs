use crosscheck_core::policy::Dialect;

/// Where a user's keys, domains and choices meet: what a store is started with, and never
/// changes while it answers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose store it is.
    pub dialect: Dialect,
    /// The region that it says to be in. Signatures may name any.
    pub region: String,
    /// Host names below which buckets are found in virtual-hosted style, besides `localhost` and
    /// the vendors' own endpoints.
    pub domains: Vec<String>,
    /// Whether a bucket may be named in the path. The vendors' public endpoints refuse it.
    pub path_style: bool,
    /// How much all objects and parts may weigh together, in bytes.
    pub stored_bytes: usize,
    /// What the vendor does not say.
    pub unknowns: Unknowns,
}

/// What vendors leave open or contradict themselves in. `None` is the dialect's usual answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unknowns {
    /// How many rules a bucket may have. OSS: 10 by its API page and the default here, 20 by its
    /// user guide; S3: 100.
    pub max_rules: Option<usize>,
    /// Whether origins are compared without case. Default: with case.
    pub origin_case_ignored: bool,
    /// Whether `Access-Control-Allow-Methods` names the asked method only. Default: all methods of
    /// the rule.
    pub asked_method_only: bool,
    /// Whether a bucket's rules for named origins allow credentials. OSS never says; default: no.
    /// S3 always does.
    pub allow_credentials: bool,
    /// Whether a `403` before CORS, for want of permission, carries the CORS fields. OSS says no;
    /// S3 is observed to.
    pub cors_on_denied: Option<bool>,
    /// The status of a preflight for a bucket that is not there: 404 for OSS by its other answers,
    /// 403 for S3 as recorded.
    pub unknown_bucket_preflight: Option<u16>,
    /// Whether `PutBucketCors` refuses an origin that is a wildcard behind a scheme, `https://*`.
    /// Default: no.
    pub scheme_wildcard_refused: bool,
}

/// How much all objects of a store may weigh together, unless it is told otherwise: 256 MiB.
const STORED_BYTES: usize = 256 * 1024 * 1024;

impl Settings {
    /// What a store of this dialect is like, unless it is told otherwise.
    pub fn new(dialect: Dialect) -> Self {
        let region = match dialect {
            Dialect::Oss => "cn-hangzhou",
            Dialect::S3 => "us-east-1",
        };
        Self {
            dialect,
            region: region.to_owned(),
            domains: Vec::new(),
            path_style: true,
            stored_bytes: STORED_BYTES,
            unknowns: Unknowns::default(),
        }
    }
}

impl Unknowns {
    /// Whether a denied request's answer carries CORS fields.
    pub(super) fn cors_on_denied(&self, dialect: Dialect) -> bool {
        self.cors_on_denied.unwrap_or(dialect == Dialect::S3)
    }
}
