//! Only what answers a request is judged, and it is judged as a browser reads it.
