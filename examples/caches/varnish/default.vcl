# Varnish with nothing but its built-in VCL. What that means for CORS:
#   - Vary is honoured; of several stored responses that match, the last stored is used;
#   - `Vary: *`, `Set-Cookie`, and `no-cache`, `no-store` or `private` are not stored;
#   - a response without a lifetime of its own is fresh for two minutes;
#   - a HEAD is fetched as a GET, and stored;
#   - a request with Cookie or Authorization passes by the cache; its Cache-Control counts for nothing;
#   - a stale response is still used for ten seconds, and fetched anew meanwhile (grace).
vcl 4.1;

backend store {
    .host = "127.0.0.1";
    .port = "@ORIGIN@";
}

sub vcl_deliver {
    # Says who served it.
    if (obj.hits > 0) {
        set resp.http.X-Cache = "HIT";
    } else {
        set resp.http.X-Cache = "MISS";
    }
}
