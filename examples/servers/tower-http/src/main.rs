//! `CorsLayer` of tower-http on axum, set up as its documentation says.

use std::{error::Error, time::Duration};

use axum::{
    Json, Router,
    extract::Path,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use tower_http::{catch_panic::CatchPanicLayer, cors::CorsLayer};

const STORABLE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=600");

async fn items() -> impl IntoResponse {
    ([("x-request-id", "1")], Json(["an item"]))
}

async fn data() -> impl IntoResponse {
    ([STORABLE], Json(["data"]))
}

async fn encoded() -> impl IntoResponse {
    ([STORABLE, (header::VARY, "Accept-Encoding")], Json(["data"]))
}

async fn redirect() -> Response {
    (StatusCode::FOUND, Redirect::to("/items")).into_response()
}

async fn error(Path(status): Path<u16>) -> StatusCode {
    assert_ne!(status, 500, "an unhandled failure");
    StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: server ADDRESS:PORT")?;
    let cors = CorsLayer::new()
        .allow_origin([
            HeaderValue::from_static("https://app.example"),
            HeaderValue::from_static("https://admin.example:8443"),
        ])
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .expose_headers([header::ETAG, header::HeaderName::from_static("x-request-id")])
        .allow_credentials(true)
        .max_age(Duration::from_secs(600));
    let app = Router::new()
        .route("/items", get(items).put(items))
        .route("/items/data.json", get(data))
        .route("/items/vary/encoding.json", get(encoded))
        .route("/items/redirect", get(redirect))
        .route("/items/err/{status}", get(error))
        .layer(CatchPanicLayer::new())
        .layer(cors);
    axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?;
    Ok(())
}
