/// Whether a field or variable of this name holds what nobody else may see. Rather once too often.
pub fn looks_secret(name: &str) -> bool {
    const WORDS: &[&str] =
        &["auth", "cookie", "credential", "passwd", "password", "secret", "session", "signature", "token"];
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
        || name.split(['-', '_', '.']).any(|part| matches!(part, "key" | "apikey" | "pat" | "pw" | "jwt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_secrets() {
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "X-Api-Key",
            "X-Amz-Security-Token",
            "GITLAB_PAT",
            "DB_PASSWORD",
            "x-oss-signature",
            "AccessKey-Secret",
            "ApiKey",
        ] {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["X-Request-Id", "Accept", "X-Monkey", "Keyboard", "CI_COMMIT", "Path"] {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
