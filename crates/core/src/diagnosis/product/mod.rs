//! Decides which products can be named as the one that answered, and what to set in each of them: one function per
//! product, from what a complete repair grants to the text that grants it.

mod bucket;
mod cdns;
mod gateways;
mod grant;
mod guess;
mod jvm_dotnet;
mod names;
mod node;
mod python;
mod ruby_php_go;
mod rust;
mod servers;
mod stores;
#[cfg(test)]
mod tests;
mod text;

pub use grant::{Grant, Setting, Situation, Wanted};
pub use guess::{Certainty, Guess};
pub use names::{ParseProductError, Product};

impl Product {
    /// What to set in this product: for a grant, so that pages of its origins may read; for the other kinds, what a
    /// cache needs. None where the product has no such setting, and for names with characters that some
    /// configuration language reads as its own.
    pub fn setting(self, wanted: &Wanted, situation: &Situation<'_>) -> Option<Setting> {
        let setting = match wanted {
            Wanted::Grant(grant) => {
                if !grant.is_plain() {
                    return None;
                }
                let (grant, mut shortfalls) = grant.possible();
                let mut setting = self.grant(&grant, situation)?;
                shortfalls.append(&mut setting.shortfalls);
                Setting { shortfalls, ..setting }
            }
            Wanted::ForwardOrigin => cdns::forward_origin(self)?,
            Wanted::Purge { url } => cdns::purge(self, url)?,
        };
        let applied = matches!(wanted, Wanted::Grant(_)) && self.is_applied();
        Some(Setting { applied, ..setting })
    }

    fn grant(self, grant: &Grant, situation: &Situation<'_>) -> Option<Setting> {
        Some(match self {
            Self::Oss => return stores::oss(grant, situation),
            Self::S3 => return stores::s3(grant, situation),
            Self::R2 => return stores::r2(grant, situation),
            Self::CloudStorage => return stores::cloud_storage(grant, situation),
            Self::AzureBlob => return stores::azure_blob(grant, situation),
            Self::Minio => return stores::minio(grant, situation),
            Self::AlibabaCdn => cdns::alibaba_cdn(grant),
            Self::CloudFront => cdns::cloudfront(grant),
            Self::Cloudflare => cdns::cloudflare(grant),
            Self::ApiGateway => gateways::api_gateway(grant),
            Self::Traefik => gateways::traefik(grant),
            Self::Envoy => gateways::envoy(grant),
            Self::Kong => gateways::kong(grant),
            Self::Nginx => servers::nginx(grant, situation),
            Self::Apache => servers::apache(grant, situation),
            Self::Caddy => servers::caddy(grant, situation),
            Self::Express => node::express(grant),
            Self::Fastify => node::fastify(grant),
            Self::NestJs => node::nestjs(grant),
            Self::Spring => jvm_dotnet::spring(grant),
            Self::AspNetCore => jvm_dotnet::aspnet_core(grant),
            Self::Django => python::django(grant),
            Self::Flask => python::flask(grant),
            Self::FastApi => python::fastapi(grant),
            Self::Rails => ruby_php_go::rails(grant),
            Self::Laravel => ruby_php_go::laravel(grant),
            Self::RsCors => ruby_php_go::rs_cors(grant),
            Self::TowerHttp => rust::tower_http(grant),
            Self::ActixWeb => rust::actix_web(grant),
        })
    }

    /// Whether a test applies this product's text and sees it work: `scripts/check-cures.sh` in the product itself,
    /// the tests of the reference store in its dialects.
    pub const fn is_applied(self) -> bool {
        !matches!(
            self,
            Self::R2
                | Self::CloudStorage
                | Self::AzureBlob
                | Self::AlibabaCdn
                | Self::CloudFront
                | Self::Cloudflare
                | Self::ApiGateway
                | Self::Kong
                | Self::AspNetCore
                | Self::Laravel
        )
    }
}
