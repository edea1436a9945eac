//! Fetch §2.2.3: kinds of statuses.

/// Fetch §2.2.3 *ok status*.
pub fn is_ok(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Fetch §2.2.3 *redirect status*.
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Fetch §2.2.3 *null body status*.
pub fn is_null_body(status: u16) -> bool {
    matches!(status, 101 | 103 | 204 | 205 | 304)
}
