//! Only requests that the owner permits are sent, and only to the endpoint.
