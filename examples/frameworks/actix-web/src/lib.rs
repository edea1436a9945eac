//! A service on actix-web, with actix-cors.

use std::net::TcpListener;

use actix_cors::Cors;
use actix_web::{App, HttpResponse, HttpServer, http::header, web};

async fn items() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "max-age=60")).json([1, 2, 3])
}

fn cors() -> Cors {
    Cors::default()
        .allowed_origin("https://app.example.com")
        .allowed_origin("https://admin.example.com")
        .allowed_methods(["GET", "PUT"])
        .allowed_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
}

/// Serves until the process ends; `tests/cors.rs` tests it.
pub fn serve(listener: TcpListener) {
    let app = || {
        let items = web::resource("/items").route(web::get().to(items)).route(web::put().to(items));
        App::new().wrap(cors()).service(items)
    };
    let serving = async { HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run().await };
    actix_web::rt::System::new().block_on(serving).expect("actix-web serves");
}
