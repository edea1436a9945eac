//! A service on axum, with the CORS layer of tower-http.

use axum::{
    Router,
    http::{HeaderName, Method, header},
    response::{IntoResponse, Json},
    routing::get,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

async fn items() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "max-age=60")], Json(serde_json::json!([1, 2, 3])))
}

/// The service that `tests/cors.rs` tests.
pub fn app() -> Router {
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list([
            "https://app.example.com".parse().expect("a header value"),
            "https://admin.example.com".parse().expect("a header value"),
        ]))
        .allow_methods([Method::GET, Method::PUT])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .expose_headers([HeaderName::from_static("x-total-count")]);
    Router::new().route("/items", get(items).put(items)).layer(cors)
}
