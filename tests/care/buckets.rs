//! What belongs to the user in a bucket stays as it was.
