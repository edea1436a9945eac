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

/// What a field of user metadata is called behind its vendor's prefix.
pub fn user_metadata_name(name: &str) -> Option<&str> {
    STORED_PREFIXES.iter().find_map(|prefix| {
        let (start, rest) = name.split_at_checked(prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then_some(rest)
    })
}

/// Whether buckets store a request's field with its object and give it back with every answer: the
/// fields that describe the content, and user metadata. OSS PutObject, S3 PutObject.
pub fn is_stored_field(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    STORED.contains(&name.as_str()) || user_metadata_name(&name).is_some()
}
