use bytes::Bytes;
use quick_xml::escape::escape;

use super::Call;
use crate::{message::Response, policy::StoreError};

impl Call<'_> {
    /// An error in the XML that clients of object stores read.
    pub(super) fn error(&self, error: &StoreError) -> Response {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n");
        let host = self.place.own.split_once("://").map_or("", |(_, host)| host);
        let lines = [
            ("Code", Some(error.code)),
            ("Message", Some(error.message.as_str())),
            ("RequestId", Some(self.request_id.as_str())),
            ("HostId", Some(host)),
            ("EC", error.ec),
        ];
        for (name, value) in lines {
            if let Some(value) = value {
                xml.push_str(&format!("  <{name}>{}</{name}>\n", escape(value)));
            }
        }
        xml.push_str("</Error>\n");
        let mut response = Response::new(error.status).with_field("Content-Type", "application/xml");
        if let Some(ec) = error.ec {
            response = response.with_field("X-Oss-Ec", ec);
        }
        response.body = Bytes::from(xml);
        response
    }
}
