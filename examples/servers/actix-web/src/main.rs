//! actix-cors on actix-web, set up as its documentation says.

use actix_cors::Cors;
use actix_web::{
    App, HttpResponse, HttpServer,
    error::ErrorInternalServerError,
    http::{StatusCode, header},
    web,
};

const STORABLE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=600");

async fn items() -> HttpResponse {
    HttpResponse::Ok().insert_header(("x-request-id", "1")).json(["an item"])
}

async fn data() -> HttpResponse {
    HttpResponse::Ok().insert_header(STORABLE).json(["data"])
}

async fn encoded() -> HttpResponse {
    HttpResponse::Ok().insert_header(STORABLE).insert_header((header::VARY, "Accept-Encoding")).json(["data"])
}

async fn redirect() -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/items")).finish()
}

async fn error(status: web::Path<u16>) -> Result<HttpResponse, actix_web::Error> {
    let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::NOT_FOUND);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        return Err(ErrorInternalServerError("an unhandled failure"));
    }
    Ok(HttpResponse::new(status))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_default();
    HttpServer::new(|| {
        let cors = Cors::default()
            .allowed_origin("https://app.example")
            .allowed_origin("https://admin.example:8443")
            .allowed_methods(["GET", "HEAD", "PUT"])
            .allowed_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
            .expose_headers(["ETag", "X-Request-Id"])
            .supports_credentials()
            .max_age(600);
        App::new()
            .wrap(cors)
            .service(web::resource("/items").get(items).head(items).put(items))
            .service(web::resource("/items/data.json").get(data).head(data))
            .service(web::resource("/items/vary/encoding.json").get(encoded).head(encoded))
            .service(web::resource("/items/redirect").get(redirect).head(redirect))
            .service(web::resource("/items/err/{status}").get(error).head(error))
    })
    .workers(1)
    .bind(address)?
    .run()
    .await
}
