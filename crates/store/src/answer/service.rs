use crosscheck_core::policy::Dialect;

use super::{Call, failure::Answer};
use crate::{
    access::{self, Who},
    acl::Act,
    xml::Xml,
};

/// How many buckets a list has, where the request names no number.
const LISTED: usize = 100;
const LISTED_MAX: usize = 1000;

impl Call<'_> {
    /// Answers a request for the service itself: its list of buckets.
    pub(super) fn of_service(&self) -> Answer {
        self.owner()?;
        match self.incoming.method.as_str() {
            "GET" | "HEAD" => Ok(self.list_buckets()),
            _ => Ok(self.method_not_allowed()),
        }
    }

    /// Lets only an owner pass.
    pub(super) fn owner(&self) -> Result<(), super::Failure> {
        match &self.who {
            Ok(Who::Owner(_)) => Ok(()),
            Ok(Who::Anybody) => Err(access::denied(self.dialect(), Act::Configure).into()),
            Err(failure) => Err(failure.clone()),
        }
    }

    fn list_buckets(&self) -> crosscheck_core::message::Response {
        let parameter = |name: &str| self.incoming.parameter(name).unwrap_or_default();
        let (prefix, marker) = (parameter("prefix"), parameter("marker"));
        let most = parameter("max-keys").parse::<usize>().ok().filter(|most| *most > 0);
        let most = match self.dialect() {
            Dialect::Oss => most.unwrap_or(LISTED).min(LISTED_MAX),
            Dialect::S3 => usize::MAX,
        };
        let found = self.store.buckets();
        let mut listed =
            found.iter().filter(|(name, ..)| name.starts_with(&prefix) && name.as_str() > marker.as_str());
        let page: Vec<_> = listed.by_ref().take(most).collect();
        let truncated = listed.next().is_some();
        self.xml("ListAllMyBucketsResult", |xml| {
            if self.dialect() == Dialect::Oss {
                xml.leaf("Prefix", &prefix);
                xml.leaf("Marker", &marker);
                xml.leaf("MaxKeys", &most.to_string());
                xml.leaf("IsTruncated", if truncated { "true" } else { "false" });
                if let Some((last, ..)) = page.last().filter(|_| truncated) {
                    xml.leaf("NextMarker", last);
                }
            }
            self.owner_element(xml);
            xml.node("Buckets", |xml| {
                for (name, created, _) in &page {
                    xml.node("Bucket", |xml| {
                        xml.leaf("Name", name);
                        xml.leaf("CreationDate", &access::date(*created));
                        if self.dialect() == Dialect::Oss {
                            self.place_elements(xml);
                        }
                    });
                }
            });
        })
    }

    /// Who owns everything.
    pub(super) fn owner_element(&self, xml: &mut Xml) {
        xml.node("Owner", |xml| {
            xml.leaf("ID", self.store.owner());
            xml.leaf("DisplayName", self.store.owner());
        });
    }

    /// Where a bucket of OSS is.
    pub(super) fn place_elements(&self, xml: &mut Xml) {
        let region = &self.store.settings().region;
        xml.leaf("Location", &format!("oss-{region}"));
        xml.leaf("Region", region);
        xml.leaf("StorageClass", "Standard");
        xml.leaf("ExtranetEndpoint", &format!("oss-{region}.aliyuncs.com"));
        xml.leaf("IntranetEndpoint", &format!("oss-{region}-internal.aliyuncs.com"));
    }
}
