# A small image of Crosscheck: a static program and CA certificates, without a shell. scripts/check-dockerfile.sh checks
# this file. Reports go to the working directory, so mount a folder there:
#
#   docker build --tag crosscheck .
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/data" crosscheck run --target https://api.example.com/items

FROM rust:1.95-alpine AS build
# The cryptography has C sources.
# hadolint ignore=DL3018
RUN apk add --no-cache ca-certificates gcc musl-dev
WORKDIR /source
# The manifest names the tests and benchmarks, so Cargo expects their files.
COPY Cargo.toml Cargo.lock build.rs ./
COPY benches benches
COPY crates crates
COPY src src
COPY suites suites
COPY tests tests
# The target of this processor's image, which the toolchain of Alpine is made for.
RUN target="$(uname -m)-unknown-linux-musl" \
    && rustup target add "$target" \
    && cargo build --release --locked --bin crosscheck --target "$target" \
    && mkdir -p /image/usr/bin /image/etc/ssl/certs /image/tmp /owned/data \
    && cp "target/$target/release/crosscheck" /image/usr/bin/ \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && chmod 1777 /image/tmp

FROM scratch
COPY --from=build /image /
# /data, where the user of the next lines writes reports if nothing is mounted.
COPY --from=build --chown=65532:65532 /owned /
COPY LICENSE-MIT LICENSE-APACHE /usr/share/licenses/crosscheck/
LABEL org.opencontainers.image.title="Crosscheck" \
      org.opencontainers.image.description="Tests whether an HTTP endpoint's CORS behaviour is correct" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
ENV PATH=/usr/bin
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["crosscheck"]
