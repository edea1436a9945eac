//! Which product answered, as far as its fields tell.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Product;
use crate::message::Fields;

/// A product that may have answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guess {
    /// The product.
    pub product: Product,
    /// How certain it is.
    pub certainty: Certainty,
}

/// How certain a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The product names itself.
    Certain,
    /// Others send the same fields.
    Weak,
}

impl fmt::Display for Guess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.certainty, self.product) {
            (Certainty::Certain, product) => f.write_str(product.name()),
            // Many stores speak like S3; few of them are Amazon's.
            (Certainty::Weak, Product::S3) => f.write_str("perhaps a store with the API of S3"),
            (Certainty::Weak, product) => write!(f, "perhaps {product}"),
        }
    }
}

/// What shows a product.
enum Mark {
    /// A field is there.
    Has(&'static str),
    /// A field whose name starts so is there.
    Starts(&'static str),
    /// A field's value is a text, without regard to case.
    Is(&'static str, &'static str),
    /// A field's value contains a text, without regard to case.
    Says(&'static str, &'static str),
}

use Certainty::{Certain, Weak};
use Mark::{Has, Is, Says, Starts};

/// The marks, from what stands in front of others to what stands last.
const MARKS: &[(Mark, Product, Certainty)] = &[
    (Has("cf-ray"), Product::Cloudflare, Certain),
    (Says("server", "cloudflare"), Product::Cloudflare, Certain),
    // An edge-optimised API has a CloudFront of its own in front of it, which is not set up.
    (Has("x-amz-apigw-id"), Product::ApiGateway, Certain),
    (Has("apigw-requestid"), Product::ApiGateway, Certain),
    (Has("x-amz-cf-id"), Product::CloudFront, Certain),
    (Says("via", "cloudfront"), Product::CloudFront, Certain),
    (Has("eagleid"), Product::AlibabaCdn, Certain),
    (Starts("x-swift-"), Product::AlibabaCdn, Certain),
    (Starts("ali-swift-"), Product::AlibabaCdn, Certain),
    (Says("via", "kunlun"), Product::AlibabaCdn, Certain),
    (Says("server", "kong"), Product::Kong, Certain),
    (Says("via", "kong"), Product::Kong, Certain),
    (Starts("x-kong-"), Product::Kong, Certain),
    (Says("server", "envoy"), Product::Envoy, Certain),
    (Starts("x-envoy-"), Product::Envoy, Certain),
    (Says("server", "caddy"), Product::Caddy, Certain),
    (Says("via", "caddy"), Product::Caddy, Certain),
    (Says("server", "nginx"), Product::Nginx, Certain),
    (Says("server", "openresty"), Product::Nginx, Certain),
    // A server of nginx's family; its configuration is nginx's.
    (Says("server", "tengine"), Product::Nginx, Weak),
    (Says("server", "apache/"), Product::Apache, Certain),
    (Is("server", "apache"), Product::Apache, Certain),
    (Says("server", "aliyunoss"), Product::Oss, Certain),
    (Has("x-oss-request-id"), Product::Oss, Certain),
    (Says("server", "minio"), Product::Minio, Certain),
    (Starts("x-minio-"), Product::Minio, Certain),
    (Says("server", "amazons3"), Product::S3, Certain),
    (Has("x-amz-request-id"), Product::S3, Weak),
    (Says("server", "uploadserver"), Product::CloudStorage, Certain),
    (Has("x-guploader-uploadid"), Product::CloudStorage, Certain),
    (Has("x-goog-generation"), Product::CloudStorage, Certain),
    (Starts("x-goog-stored-"), Product::CloudStorage, Certain),
    (Starts("x-goog-"), Product::CloudStorage, Weak),
    (Says("server", "windows-azure-blob"), Product::AzureBlob, Certain),
    (Has("x-ms-request-id"), Product::AzureBlob, Weak),
    (Says("server", "kestrel"), Product::AspNetCore, Certain),
    (Says("x-powered-by", "asp.net"), Product::AspNetCore, Weak),
    (Says("x-powered-by", "express"), Product::Express, Certain),
    // Tomcat, which Spring Boot brings along.
    (Says("server", "apache-coyote"), Product::Spring, Weak),
    (Has("x-application-context"), Product::Spring, Weak),
    (Says("server", "werkzeug"), Product::Flask, Weak),
    (Says("server", "wsgiserver"), Product::Django, Weak),
    (Says("server", "gunicorn"), Product::Django, Weak),
    (Says("server", "uvicorn"), Product::FastApi, Weak),
    (Says("server", "hypercorn"), Product::FastApi, Weak),
    (Says("server", "phusion passenger"), Product::Rails, Weak),
    (Says("server", "puma"), Product::Rails, Weak),
    (Has("x-runtime"), Product::Rails, Weak),
    (Says("set-cookie", "laravel_session"), Product::Laravel, Certain),
    (Says("x-powered-by", "php"), Product::Laravel, Weak),
];

impl Mark {
    fn is_on(&self, fields: &Fields) -> bool {
        match *self {
            Self::Has(name) => fields.contains(name),
            Self::Starts(start) => {
                fields.iter().any(|field| field.name.to_ascii_lowercase().starts_with(start))
            }
            Self::Is(name, word) => {
                fields.text(name).is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(word))
            }
            Self::Says(name, word) => {
                fields.text(name).is_some_and(|value| value.to_ascii_lowercase().contains(word))
            }
        }
    }
}

impl Product {
    /// The products that an answer with these fields came through, from the one in front to the last; each once.
    pub fn guesses(fields: &Fields) -> Vec<Guess> {
        let mut found: Vec<Guess> = Vec::new();
        for (mark, product, certainty) in MARKS {
            // The strongest mark of each product stands first.
            if mark.is_on(fields) && !found.iter().any(|guess| guess.product == *product) {
                found.push(Guess { product: *product, certainty: *certainty });
            }
        }
        found
    }

    /// The product in front: what it adds or removes is what a browser gets.
    pub fn guess(fields: &Fields) -> Option<Guess> {
        Self::guesses(fields).first().copied()
    }
}
