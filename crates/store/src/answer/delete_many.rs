use super::{Call, failure::Answer, listing::url_encoded};
use crate::{failure::Failure, store::Change};

/// How many keys one request deletes at most.
const KEYS_MAX: usize = 1000;

impl Call<'_> {
    /// Deletes the keys that the content names; those that are not there are deleted too.
    pub(super) fn delete_objects(&self) -> Answer {
        let root = self.document()?;
        if root.name != "Delete" {
            return Err(self.malformed_xml());
        }
        let quiet = root.text_of("Quiet").is_some_and(|quiet| quiet.eq_ignore_ascii_case("true"));
        let keys: Option<Vec<String>> =
            root.all("Object").map(|object| object.text_of("Key").map(str::to_owned)).collect();
        let keys = keys.filter(|keys| !keys.is_empty() && keys.len() <= KEYS_MAX);
        let keys = keys.ok_or_else(|| self.malformed_xml())?;
        if keys.iter().any(String::is_empty) {
            return Err(Failure::new(400, "InvalidArgument", "A key must not be empty."));
        }
        for key in &keys {
            self.check_length(key.len())?;
        }
        let change = Change::Delete { bucket: self.bucket.clone(), keys: keys.clone() };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        let urls = self.wants_urls();
        Ok(self.xml("DeleteResult", |xml| {
            if urls {
                xml.leaf("EncodingType", "url");
            }
            for key in keys.iter().filter(|_| !quiet) {
                let key = if urls { url_encoded(key) } else { key.clone() };
                xml.node("Deleted", |xml| xml.leaf("Key", &key));
            }
        }))
    }
}
