//! A configured secret is neither printed nor written nor sent elsewhere.
