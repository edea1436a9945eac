/// A list of a policy in which `*` means something else where credentials are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WildcardList {
    /// The allowed origins.
    Origins,
    /// The allowed methods.
    Methods,
    /// The exposed response headers.
    Exposed,
}

impl WildcardList {
    /// The list's name in a target file.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Origins => "allowed_origins",
            Self::Methods => "allowed_methods",
            Self::Exposed => "expose_headers",
        }
    }

    /// Why it is impossible (Fetch §3.3.5 CORS protocol and credentials).
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Origins => "browsers refuse Access-Control-Allow-Origin: * for a request with credentials",
            Self::Methods => {
                "with credentials, browsers take * in Access-Control-Allow-Methods for a method of that name"
            }
            Self::Exposed => {
                "with credentials, browsers take * in Access-Control-Expose-Headers for a header of that name"
            }
        }
    }

    /// What to declare instead.
    pub const fn instead(self) -> &'static str {
        match self {
            Self::Origins => {
                "name the origins, write a pattern such as https://*.example.com, or leave credentials out. \
                 If any origin at all may read with credentials, write https://* and http://*"
            }
            Self::Methods => "name the methods, such as GET, PUT and DELETE, or leave credentials out",
            Self::Exposed => "name the headers, such as etag, or leave credentials out",
        }
    }
}
