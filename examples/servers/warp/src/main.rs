//! The `cors` filter of warp, set up as its documentation says:
//! <https://docs.rs/warp/0.4/warp/filters/cors/fn.cors.html>.

use std::{error::Error, net::SocketAddr};

use warp::{
    Filter, Rejection, Reply,
    http::{Response, StatusCode},
    reply::json,
};

fn read() -> impl Filter<Extract = (), Error = Rejection> + Clone {
    warp::get().or(warp::head()).unify()
}

fn store() -> impl Filter<Extract = (), Error = Rejection> + Clone {
    read().or(warp::put()).unify()
}

fn error(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND)
}

/// What no route answers: without this, warp has no response that its `cors` filter could add to.
async fn unknown(rejection: Rejection) -> Result<impl Reply, Rejection> {
    if rejection.is_not_found() { Ok(StatusCode::NOT_FOUND) } else { Err(rejection) }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).ok_or("usage: server ADDRESS:PORT")?.parse()?;
    let storable = warp::reply::with::header("cache-control", "public, max-age=600");
    let cors = warp::cors()
        .allow_origins(["https://app.example", "https://admin.example:8443"])
        .allow_methods(["GET", "HEAD", "PUT"])
        .allow_headers(["content-type", "authorization"])
        .expose_headers(["etag", "x-request-id"])
        .allow_credentials(true)
        .max_age(600);

    let items = warp::path!("items")
        .and(store())
        .map(|| json(&["an item"]))
        .with(warp::reply::with::header("x-request-id", "1"));
    let data = warp::path!("items" / "data.json").and(read()).map(|| json(&["data"])).with(&storable);
    let encoded = warp::path!("items" / "vary" / "encoding.json")
        .and(read())
        .map(|| json(&["data"]))
        .with(&storable)
        .with(warp::reply::with::header("vary", "Accept-Encoding"));
    let redirect = warp::path!("items" / "redirect")
        .and(read())
        .map(|| Response::builder().status(302).header("location", "/items").body(""));
    let errors = warp::path!("items" / "err" / u16).and(read()).map(error);
    let app = items.or(data).or(encoded).or(redirect).or(errors).recover(unknown).with(cors);
    warp::serve(app).run(address).await;
    Ok(())
}
