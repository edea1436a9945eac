//! The products and their names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::document::{nearest, quote};

macro_rules! products {
    ($($variant:ident, $word:literal, $name:literal;)*) => {
        /// A product that people set up CORS in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Product {
            $(
                #[doc = $name]
                #[serde(rename = $word)]
                $variant,
            )*
        }

        impl Product {
            /// All products: object stores first, then what stands in front of servers, servers, frameworks.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name as an argument.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// What people call it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

products! {
    Oss, "oss", "Alibaba Cloud OSS";
    S3, "s3", "Amazon S3";
    R2, "r2", "Cloudflare R2";
    CloudStorage, "cloud-storage", "Google Cloud Storage";
    AzureBlob, "azure-blob", "Azure Blob Storage";
    Minio, "minio", "MinIO";
    AlibabaCdn, "alibaba-cdn", "Alibaba Cloud CDN";
    CloudFront, "cloudfront", "Amazon CloudFront";
    Cloudflare, "cloudflare", "Cloudflare";
    ApiGateway, "api-gateway", "Amazon API Gateway";
    Traefik, "traefik", "Traefik";
    Envoy, "envoy", "Envoy";
    Kong, "kong", "Kong";
    Nginx, "nginx", "nginx";
    Apache, "apache", "Apache httpd";
    Caddy, "caddy", "Caddy";
    Express, "express", "Express";
    Fastify, "fastify", "Fastify";
    NestJs, "nestjs", "NestJS";
    Spring, "spring", "Spring";
    AspNetCore, "aspnet-core", "ASP.NET Core";
    Django, "django", "Django";
    Flask, "flask", "Flask";
    FastApi, "fastapi", "FastAPI";
    Rails, "rails", "Rails";
    Laravel, "laravel", "Laravel";
    RsCors, "rs-cors", "Go with rs/cors";
    TowerHttp, "tower-http", "tower-http";
    ActixWeb, "actix-web", "Actix Web";
}

/// Names that people write as well.
const ALIASES: [(&str, Product); 15] = [
    ("gcs", Product::CloudStorage),
    ("azure", Product::AzureBlob),
    ("httpd", Product::Apache),
    ("aspnet", Product::AspNetCore),
    ("nest", Product::NestJs),
    ("spring-boot", Product::Spring),
    ("django-cors-headers", Product::Django),
    ("flask-cors", Product::Flask),
    ("starlette", Product::FastApi),
    ("rack-cors", Product::Rails),
    ("go", Product::RsCors),
    ("axum", Product::TowerHttp),
    ("actix", Product::ActixWeb),
    ("openresty", Product::Nginx),
    ("aliyun-oss", Product::Oss),
];

/// A text that names no product.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParseProductError {
    text: String,
    /// The name that was probably meant.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for ParseProductError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a known product", quote(&self.text))?;
        match self.nearest {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => {
                let names: Vec<&str> = Product::ALL.iter().map(|product| product.as_str()).collect();
                write!(f, "; expected one of {}", names.join(", "))
            }
        }
    }
}

impl FromStr for Product {
    type Err = ParseProductError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = || Self::ALL.iter().map(|product| (product.as_str(), *product)).chain(ALIASES);
        let word = text.to_ascii_lowercase();
        names().find(|(name, _)| *name == word).map(|(_, product)| product).ok_or_else(|| ParseProductError {
            text: text.to_owned(),
            nearest: nearest(text, names().map(|(name, _)| name)),
        })
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
