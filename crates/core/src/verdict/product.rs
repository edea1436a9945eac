//! Which product answered, as far as its fields tell, and how a CORS request is allowed there.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::message::Fields;

/// A product that people set up CORS in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Alibaba Cloud OSS.
    Oss,
    /// Amazon S3, or one that speaks like it.
    S3,
    /// Amazon CloudFront.
    CloudFront,
    /// Cloudflare.
    Cloudflare,
    /// nginx.
    Nginx,
    /// Apache httpd.
    Apache,
    /// Express.
    Express,
}

/// What a page asks to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access<'a> {
    /// The page's origin, serialised.
    pub origin: &'a str,
    /// The method.
    pub method: &'a str,
    /// The names of the request headers that need to be allowed, in lower case.
    pub headers: &'a [String],
    /// Whether with credentials.
    pub credentials: bool,
}

impl Product {
    /// The product that an answer with these fields came from. What stands in front of another
    /// is named first: its settings win.
    pub fn of(fields: &Fields) -> Option<Self> {
        let has = |name: &str| fields.contains(name);
        let says = |name: &str, word: &str| {
            fields.text(name).is_some_and(|value| value.to_ascii_lowercase().contains(word))
        };
        if has("cf-ray") {
            Some(Self::Cloudflare)
        } else if has("x-amz-cf-id") {
            Some(Self::CloudFront)
        } else if has("x-oss-request-id") {
            Some(Self::Oss)
        } else if has("x-amz-request-id") {
            Some(Self::S3)
        } else if says("x-powered-by", "express") {
            Some(Self::Express)
        } else if says("server", "nginx") || says("server", "openresty") {
            Some(Self::Nginx)
        } else if says("server", "apache") {
            Some(Self::Apache)
        } else {
            None
        }
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oss => "Alibaba Cloud OSS",
            Self::S3 => "Amazon S3",
            Self::CloudFront => "Amazon CloudFront",
            Self::Cloudflare => "Cloudflare",
            Self::Nginx => "nginx",
            Self::Apache => "Apache httpd",
            Self::Express => "Express",
        }
    }

    /// What to set so that the access is granted: lines for a person to copy and to adapt.
    pub fn setting(self, access: &Access<'_>) -> String {
        let Access { origin, method, headers, credentials } = *access;
        let list = headers.join(", ");
        match self {
            Self::Oss => {
                let mut rule = format!(
                    "<CORSConfiguration>\n  <CORSRule>\n    <AllowedOrigin>{origin}</AllowedOrigin>\n    \
                     <AllowedMethod>{method}</AllowedMethod>\n"
                );
                for header in headers {
                    // Writing to a String cannot fail.
                    let _ = writeln!(rule, "    <AllowedHeader>{header}</AllowedHeader>");
                }
                rule + "    <ExposeHeader>ETag</ExposeHeader>\n    <MaxAgeSeconds>600</MaxAgeSeconds>\n  \
                        </CORSRule>\n  <ResponseVary>true</ResponseVary>\n</CORSConfiguration>"
            }
            Self::S3 => {
                let rule = serde_json::json!([{
                    "AllowedOrigins": [origin],
                    "AllowedMethods": [method],
                    "AllowedHeaders": headers,
                    "ExposeHeaders": ["ETag"],
                    "MaxAgeSeconds": 600
                }]);
                serde_json::to_string_pretty(&rule).unwrap_or_default()
            }
            Self::CloudFront => format!(
                "cache policy: put Origin, Access-Control-Request-Method and Access-Control-Request-Headers \
                 into the cache key, and cache OPTIONS;\nor a response headers policy that allows {origin}, \
                 {method} and [{list}], overriding the origin's"
            ),
            Self::Cloudflare => format!(
                "let the origin server allow {origin}, {method} and [{list}]; then see to it that OPTIONS and \
                 error pages are not answered in front of it (challenges, Access), and that a cache rule \
                 heeds Vary: Origin"
            ),
            Self::Nginx => {
                let mut lines = format!(
                    "# before the server block\nmap $http_origin $cors_origin {{ \"{origin}\" $http_origin; }}\n\n\
                     # in the location\nadd_header Access-Control-Allow-Origin $cors_origin always;\n\
                     add_header Vary Origin always;\n"
                );
                if credentials {
                    lines.push_str("add_header Access-Control-Allow-Credentials true always;\n");
                }
                let _ = write!(
                    lines,
                    "if ($request_method = OPTIONS) {{\n  add_header Access-Control-Allow-Origin $cors_origin;\n  \
                     add_header Vary Origin;\n  add_header Access-Control-Allow-Methods \"{method}\";\n"
                );
                if credentials {
                    lines.push_str("  add_header Access-Control-Allow-Credentials true;\n");
                }
                if !headers.is_empty() {
                    let _ = writeln!(lines, "  add_header Access-Control-Allow-Headers \"{list}\";");
                }
                lines + "  add_header Access-Control-Max-Age 600;\n  return 204;\n}"
            }
            Self::Apache => {
                let mut lines = format!(
                    "SetEnvIf Origin \"^{}$\" CORS_ORIGIN=$0\n\
                     Header always set Access-Control-Allow-Origin %{{CORS_ORIGIN}}e env=CORS_ORIGIN\n\
                     Header always merge Vary Origin\n\
                     Header always set Access-Control-Allow-Methods \"{method}\" env=CORS_ORIGIN\n",
                    escaped(origin)
                );
                if !headers.is_empty() {
                    let _ = writeln!(
                        lines,
                        "Header always set Access-Control-Allow-Headers \"{list}\" env=CORS_ORIGIN"
                    );
                }
                if credentials {
                    lines.push_str(
                        "Header always set Access-Control-Allow-Credentials true env=CORS_ORIGIN\n",
                    );
                }
                lines + "RewriteEngine On\nRewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule ^ - [R=204,L]"
            }
            Self::Express => {
                let options = serde_json::json!({
                    "origin": [origin],
                    "methods": [method],
                    "allowedHeaders": headers,
                    "credentials": credentials,
                    "maxAge": 600
                });
                let options = serde_json::to_string_pretty(&options).unwrap_or_default();
                format!(
                    "// before every other middleware, authentication included\napp.use(cors({options}));"
                )
            }
        }
    }
}

/// A text as a pattern that matches it alone.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| if ".?+*()[]{}^$|\\".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_in_front_is_named() {
        for (fields, expected) in [
            (&[("Server", "AliyunOSS"), ("x-oss-request-id", "1")][..], Some(Product::Oss)),
            (&[("Server", "AmazonS3"), ("x-amz-request-id", "1")], Some(Product::S3)),
            (&[("x-amz-request-id", "1"), ("X-Amz-Cf-Id", "2")], Some(Product::CloudFront)),
            (
                &[("Server", "cloudflare"), ("CF-RAY", "1"), ("x-oss-request-id", "1")],
                Some(Product::Cloudflare),
            ),
            (&[("Server", "nginx/1.22.1"), ("X-Powered-By", "Express")], Some(Product::Express)),
            (&[("Server", "nginx/1.22.1")], Some(Product::Nginx)),
            (&[("Server", "Apache/2.4.62 (Debian)")], Some(Product::Apache)),
            (&[("Server", "mine")], None),
            (&[], None),
        ] {
            let fields: Fields =
                fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
            assert_eq!(Product::of(&fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn a_setting_grants_exactly_the_wish() {
        let headers = ["content-type".to_owned(), "x-a".to_owned()];
        let access =
            Access { origin: "https://app.example", method: "PUT", headers: &headers, credentials: true };
        for product in [
            Product::Oss,
            Product::S3,
            Product::CloudFront,
            Product::Cloudflare,
            Product::Nginx,
            Product::Apache,
            Product::Express,
        ] {
            let text = product.setting(&access);
            let origin = if product == Product::Apache { "https://app\\.example" } else { access.origin };
            for word in [origin, "PUT", "content-type", "x-a"] {
                assert!(text.contains(word), "{}: {word}\n{text}", product.name());
            }
            assert!(!text.contains("*"), "{text}");
        }
    }

    #[test]
    fn the_rules_for_oss_are_rules() {
        let headers = ["x-oss-meta-a".to_owned()];
        let access =
            Access { origin: "https://app.example", method: "PUT", headers: &headers, credentials: false };
        let policy =
            crate::policy::parse_xml(Product::Oss.setting(&access).as_bytes(), crate::policy::Dialect::Oss)
                .unwrap();
        assert_eq!(policy.rules[0].allowed_origins, [access.origin]);
        assert!(policy.response_vary);
    }
}
