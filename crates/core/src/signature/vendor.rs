/// What the host of a vendor's object store says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorHost<'a> {
    /// The bucket, where the host names it.
    pub bucket: Option<&'a str>,
    /// The region, where the host says it.
    pub region: Option<&'a str>,
}

impl<'a> VendorHost<'a> {
    /// Reads a host in lower case, such as `bucket.oss-cn-hangzhou.aliyuncs.com` or
    /// `bucket.s3.eu-west-1.amazonaws.com`; `None`: it is not one of the vendors'.
    pub fn of(host: &'a str) -> Option<Self> {
        if let Some(rest) = host.strip_suffix(".aliyuncs.com") {
            let (bucket, place) = split(rest, |label| label.starts_with("oss-"))?;
            let region = place.strip_prefix("oss-")?;
            let region = region.strip_suffix("-internal").unwrap_or(region);
            // Accelerated hosts name no region.
            return Some(Self { bucket, region: (!region.starts_with("accelerate")).then_some(region) });
        }
        let rest = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
        let (bucket, place) = split(rest, |label| label == "s3" || label.starts_with("s3-"))?;
        let region = place.strip_prefix("s3").unwrap_or_default().trim_start_matches(['.', '-']);
        let region = region.strip_prefix("dualstack.").unwrap_or(region);
        let region = if region.is_empty() || region == "accelerate" { "us-east-1" } else { region };
        Some(Self { bucket, region: Some(region) })
    }
}

/// Before and from the last label that names the service: bucket and place. A bucket may be called like a service.
fn split(host: &str, is_service: impl Fn(&str) -> bool) -> Option<(Option<&str>, &str)> {
    let mut start = host.len();
    loop {
        let before = host.get(..start)?;
        let label = before.rfind('.').map_or(0, |dot| dot + 1);
        if is_service(before.get(label..)?) {
            let bucket = host.get(..label.saturating_sub(1)).filter(|bucket| !bucket.is_empty());
            return Some((bucket, host.get(label..)?));
        }
        start = label.checked_sub(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_vendors_name_bucket_and_region() {
        // A host; bucket and region, where it is a vendor's.
        let table: [(&str, Option<(Option<&str>, Option<&str>)>); 18] = [
            ("oss-cn-hangzhou.aliyuncs.com", Some((None, Some("cn-hangzhou")))),
            ("bkt.oss-cn-hangzhou.aliyuncs.com", Some((Some("bkt"), Some("cn-hangzhou")))),
            ("bkt.oss-cn-hangzhou-internal.aliyuncs.com", Some((Some("bkt"), Some("cn-hangzhou")))),
            ("oss-logs.oss-cn-hangzhou.aliyuncs.com", Some((Some("oss-logs"), Some("cn-hangzhou")))),
            ("bkt.oss-accelerate.aliyuncs.com", Some((Some("bkt"), None))),
            ("www.aliyuncs.com", None),
            ("s3.amazonaws.com", Some((None, Some("us-east-1")))),
            ("bkt.s3.amazonaws.com", Some((Some("bkt"), Some("us-east-1")))),
            ("bkt.s3-accelerate.amazonaws.com", Some((Some("bkt"), Some("us-east-1")))),
            ("a.b.s3-us-west-2.amazonaws.com", Some((Some("a.b"), Some("us-west-2")))),
            ("bkt.s3.eu-west-1.amazonaws.com", Some((Some("bkt"), Some("eu-west-1")))),
            ("bkt.s3.dualstack.eu-west-1.amazonaws.com", Some((Some("bkt"), Some("eu-west-1")))),
            ("s3-logs.s3.eu-west-1.amazonaws.com", Some((Some("s3-logs"), Some("eu-west-1")))),
            ("bkt.s3.cn-north-1.amazonaws.com.cn", Some((Some("bkt"), Some("cn-north-1")))),
            ("s3x.amazonaws.com", None),
            ("amazonaws.com", None),
            ("files.example", None),
            ("", None),
        ];
        for (host, expected) in table {
            let found = VendorHost::of(host).map(|found| (found.bucket, found.region));
            assert_eq!(found, expected, "{host}");
        }
    }
}
