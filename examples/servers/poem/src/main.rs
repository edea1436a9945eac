//! The `Cors` middleware of Poem, set up as its documentation says:
//! <https://docs.rs/poem/3/poem/middleware/struct.Cors.html>.

use std::error::Error;

use poem::{
    EndpointExt, IntoResponse, Response, Route, Server, get, handler,
    http::{Method, StatusCode, header},
    listener::TcpListener,
    middleware::{CatchPanic, Cors},
    web::{Json, Path},
};

fn storable(response: impl IntoResponse) -> Response {
    response.with_header(header::CACHE_CONTROL, "public, max-age=600").into_response()
}

#[handler]
fn items() -> Response {
    Json(["an item"]).with_header("x-request-id", "1").into_response()
}

#[handler]
fn data() -> Response {
    storable(Json(["data"]))
}

#[handler]
fn encoded() -> Response {
    storable(Json(["data"]).with_header(header::VARY, "Accept-Encoding"))
}

#[handler]
fn redirect() -> Response {
    StatusCode::FOUND.with_header(header::LOCATION, "/items").into_response()
}

#[handler]
fn error(Path(status): Path<u16>) -> StatusCode {
    assert_ne!(status, 500, "an unhandled failure");
    StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: server ADDRESS:PORT")?;
    let cors = Cors::new()
        .allow_origins(["https://app.example", "https://admin.example:8443"])
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .expose_headers([header::ETAG, header::HeaderName::from_static("x-request-id")])
        .allow_credentials(true)
        .max_age(600);
    let app = Route::new()
        .at("/items", get(items).head(items).put(items))
        .at("/items/data.json", get(data).head(data))
        .at("/items/vary/encoding.json", get(encoded).head(encoded))
        .at("/items/redirect", get(redirect).head(redirect))
        .at("/items/err/:status", get(error).head(error))
        .with(CatchPanic::new())
        .with(cors);
    Server::new(TcpListener::bind(address)).run(app).await?;
    Ok(())
}
