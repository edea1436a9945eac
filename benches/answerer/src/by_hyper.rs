//! The same answer from hyper, in HTTP/1.1 or in HTTP/2, so that the versions are compared over one server.

use std::{convert::Infallible, io};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue,
        ORIGIN, VARY,
    },
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};

/// The fields of an answer.
const FIELDS: usize = 5;

/// Answers one connection's requests until it is closed.
pub(crate) async fn serve<S>(stream: S, max_age: u32, second: bool) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let max_age = HeaderValue::from(max_age);
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(&request, &max_age);
        async move { Ok::<_, Infallible>(answer) }
    });
    let stream = TokioIo::new(stream);
    let served = if second {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.auto_date_header(false).serve_connection(stream, service).await
    } else {
        http1::Builder::new().auto_date_header(false).serve_connection(stream, service).await
    };
    served.map_err(io::Error::other)
}

fn answer(request: &Request<Incoming>, max_age: &HeaderValue) -> Response<Empty<Bytes>> {
    let asked = request.headers();
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let fields = response.headers_mut();
    fields.reserve(FIELDS);
    if let Some(origin) = asked.get(ORIGIN) {
        fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    if let Some(method) = asked.get(ACCESS_CONTROL_REQUEST_METHOD) {
        fields.insert(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            fields.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        fields.insert(ACCESS_CONTROL_MAX_AGE, max_age.clone());
    }
    fields.insert(VARY, HeaderValue::from_static("Origin"));
    response
}
