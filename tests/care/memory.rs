//! Memory and reports stay small, whatever an endpoint sends.
