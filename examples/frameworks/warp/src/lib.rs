//! A service on warp, with its own CORS filter.

use warp::{Filter, Reply};

/// The service that `tests/cors.rs` tests.
pub fn app() -> impl Filter<Extract = impl Reply, Error = warp::Rejection> + Clone + Send + Sync + 'static {
    let cors = warp::cors()
        .allow_origin("https://app.example.com")
        .allow_origin("https://admin.example.com")
        .allow_methods(["GET", "PUT"])
        .allow_headers(["content-type", "authorization"]);
    let method = warp::get().or(warp::put()).unify();
    let items = warp::path!("items").and(method).map(|| warp::reply::json(&[1, 2, 3]));
    // Without this, warp answers what it does not know outside of the filter, and no page can read why.
    let unknown = warp::any().map(|| warp::http::StatusCode::NOT_FOUND);
    items.or(unknown).with(cors)
}
