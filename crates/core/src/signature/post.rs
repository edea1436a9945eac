use std::time::SystemTime;

use super::{
    AccessKey, Scheme, SignatureError, Signer, Terms,
    claim::check_scope,
    derived::Scope,
    hash::{base64, from_base64, from_hex, hex, hmac_sha256, is_hmac_sha1, is_hmac_sha256},
    legacy, time,
};
use crate::message::Fields;

/// What the fields of a form upload say of the signature of its policy. The names of form fields
/// have no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostClaim {
    /// How the policy is signed.
    pub scheme: Scheme,
    /// Who says to have signed it.
    pub key_id: String,
    /// The session token that came with it.
    pub token: Option<String>,
    /// The policy as it came: Base64, which is what is signed.
    pub policy: String,
    signature: String,
    /// The scope and the time of a scheme with derived keys.
    derived: Option<(Scope, String)>,
}

/// Why a form's policy is not taken for signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// A field that the form needs is not there.
    #[error("the form has no field {0}")]
    Missing(&'static str),
    /// A field that is not of the form that the scheme demands.
    #[error("the form's field {field} is malformed: {text:?}")]
    Malformed {
        /// Which.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// As with any other request.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl PostClaim {
    /// Reads what a form says of its signature; `None`: it is anonymous.
    ///
    /// # Errors
    /// A signature that lacks a field, or has a malformed one.
    pub fn read(form: &Fields) -> Result<Option<Self>, PostError> {
        let field = |name: &'static str| {
            form.lines(name).next().map(|value| String::from_utf8_lossy(value).into_owned())
        };
        let need = |name: &'static str| field(name).ok_or(PostError::Missing(name));
        for scheme in [Scheme::SigV4, Scheme::OssV4] {
            let Some(words) = scheme.words() else { continue };
            if !form.contains(words.algorithm_parameter) && !form.contains(words.signature_parameter) {
                continue;
            }
            let algorithm = need(words.algorithm_parameter)?;
            if algorithm != words.algorithm {
                return Err(PostError::Malformed { field: words.algorithm_parameter, text: algorithm });
            }
            let credential = need(words.credential_parameter)?;
            let Some((key_id, scope)) = Scope::of_credential(&credential) else {
                return Err(PostError::Malformed { field: words.credential_parameter, text: credential });
            };
            let date = need(words.date_parameter)?;
            if time::parse_basic(&date).is_none() {
                return Err(PostError::Malformed { field: words.date_parameter, text: date });
            }
            return Ok(Some(Self {
                scheme,
                key_id,
                token: field(scheme.token_field()),
                policy: need("policy")?,
                signature: need(words.signature_parameter)?,
                derived: Some((scope, date)),
            }));
        }
        for scheme in [Scheme::OssV1, Scheme::SigV2] {
            let Some(key_id) = field(scheme.id_parameter()) else { continue };
            return Ok(Some(Self {
                scheme,
                key_id,
                token: field(scheme.token_field()),
                policy: need("policy")?,
                signature: need("signature")?,
                derived: None,
            }));
        }
        match field("signature") {
            Some(_) => Err(PostError::Missing(Scheme::OssV1.id_parameter())),
            None => Ok(None),
        }
    }

    /// Whether the policy was signed with this key; gives the policy, a JSON document that is still
    /// to be read: until when it holds and what the form may say is written there.
    ///
    /// # Errors
    /// Another scope or token, another signature, or a policy that is no Base64.
    pub fn verify(&self, key: &AccessKey, terms: &Terms<'_>) -> Result<Vec<u8>, PostError> {
        let signed = self.policy.as_bytes();
        let matches = match (&self.derived, self.scheme.words()) {
            (Some((scope, date)), Some(words)) => {
                check_scope(scope, words, date, terms.region)?;
                let provided = from_hex(&self.signature).unwrap_or_default();
                is_hmac_sha256(&scope.key(words, key), signed, &provided)
            }
            _ => {
                let provided = from_base64(&self.signature).unwrap_or_default();
                is_hmac_sha1(key.secret().as_bytes(), signed, &provided)
            }
        };
        if !matches {
            return Err(SignatureError::mismatch(self.scheme, key, &self.signature, signed, None).into());
        }
        if self.token != key.token {
            return Err(SignatureError::Token.into());
        }
        from_base64(&self.policy)
            .ok_or_else(|| PostError::Malformed { field: "policy", text: self.policy.clone() })
    }
}

impl Signer<'_> {
    /// The form fields that carry this policy, a JSON document, and its signature.
    pub fn sign_policy(&self, policy: &[u8], now: SystemTime) -> Fields {
        let mut form = Fields::new();
        let policy = base64(policy);
        if let Some(token) = &self.key.token {
            form.push(self.scheme.token_field(), token.clone());
        }
        match self.scheme.words() {
            None => {
                form.push(self.scheme.id_parameter(), self.key.id.clone());
                form.push("signature", legacy::signature(self.key, policy.as_bytes()));
            }
            Some(words) => {
                let date = time::basic(time::seconds(now));
                let scope = self.scope(words, &date);
                form.push(words.algorithm_parameter.to_ascii_lowercase(), words.algorithm);
                let credential = format!("{}/{}", self.key.id, scope.text());
                form.push(words.credential_parameter.to_ascii_lowercase(), credential);
                form.push(words.date_parameter.to_ascii_lowercase(), date);
                let signature = hmac_sha256(&scope.key(words, self.key), policy.as_bytes());
                form.push(words.signature_parameter.to_ascii_lowercase(), hex(&signature));
            }
        }
        form.push("policy", policy);
        form
    }
}
