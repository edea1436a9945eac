//! What is printed is safe to read and to paste.
