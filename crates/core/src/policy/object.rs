/// What describes an object and is stored with it, by name or by the beginning of it.
const STORED: [&str; 6] = [
    "cache-control",
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];
const STORED_PREFIXES: [&str; 2] = ["x-oss-meta-", "x-amz-meta-"];

/// Whether buckets store a request's field with its object and give it back with every answer: the
/// fields that describe the content, and user metadata. OSS PutObject, S3 PutObject.
pub fn is_stored_field(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    STORED.contains(&name.as_str()) || STORED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
