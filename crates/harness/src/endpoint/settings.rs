use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use crosscheck_core::{
    availability::Limits,
    exchange::ConnectOptions,
    fetch::Profile,
    message::Fields,
    policy::Policy,
    redaction::{HIDDEN, Redactor, Secrecy, is_reference},
    verdict::KnownIssue,
};
use serde::Serialize;
use url::Url;

use super::{
    BucketSettings, Capabilities, Description, Dialect, EndpointError, LeftOut, MachineProxies, Operations,
    Problem, ResolvedOperation, SignatureVersion, declared,
};
#[cfg(feature = "control")]
use crate::transport::{Control, Transport};
use crate::{
    input,
    provision::Credentials,
    transport::{
        AddedFields, Gate, JUDGED_BODY_BYTES, LargeBody, Proxy, ResolveOverride, Sender, TlsConfig, TlsError,
        Wire, WireConfig,
    },
};

/// What the embedded reference store is called where an endpoint is named.
pub(crate) const EMBEDDED: &str = "embedded";

/// Where a setting came from, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The target file.
    File,
    /// The vendor's own files.
    Vendor,
    /// No source sets it.
    Default,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "the command line",
            Self::Environment => "the environment",
            Self::File => "the target file",
            Self::Vendor => "the vendor's own files",
            Self::Default => "the default",
        })
    }
}

/// A value, and where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// Its source.
    pub from: Provenance,
}

/// What one source says; nothing where it is silent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// The endpoint's URL, or `embedded`.
    pub url: Option<String>,
    /// Whose rules the endpoint follows.
    pub dialect: Option<Dialect>,
    /// The declared rules.
    pub policy: Option<Policy>,
    /// The declared origins, where one rule is enough.
    pub allowed_origins: Option<Vec<String>>,
    /// The methods of that rule.
    pub allowed_methods: Option<Vec<String>>,
    /// The request headers of that rule.
    pub allowed_headers: Option<Vec<String>>,
    /// The exposed response headers of that rule.
    pub expose_headers: Option<Vec<String>>,
    /// The `Access-Control-Max-Age` of that rule, in seconds.
    pub max_age_seconds: Option<u32>,
    /// Whether credentials are allowed.
    pub allow_credentials: Option<bool>,
    /// The operations.
    pub operations: Operations,
    /// Values of roles.
    pub roles: BTreeMap<String, String>,
    /// Headers for every request but preflights: name and value, references to the environment unfilled.
    pub headers: Vec<(String, String)>,
    /// Variables that headers may name although they look like credentials. Only the command line's count.
    pub allow_env: Vec<String>,
    /// Headers for preflights, in the same form.
    pub preflight_headers: Vec<(String, String)>,
    /// A PEM file, its path ready to be opened.
    pub ca_file: Option<PathBuf>,
    /// Whether certificates are accepted without verification.
    pub insecure: Option<bool>,
    /// The URL of a proxy, its credentials included.
    pub proxy: Option<String>,
    /// `host:port:address`.
    pub resolve: Vec<String>,
    /// The deadline of one exchange, in milliseconds.
    pub request_ms: Option<u64>,
    /// The deadline of the whole run, in milliseconds.
    pub total_ms: Option<u64>,
    /// The deadline of connecting, in milliseconds.
    pub connect_ms: Option<u64>,
    /// Whether redirects are followed to addresses that are less public than where they come from.
    pub follow_private: Option<bool>,
    /// How many requests are under way at once.
    pub concurrency: Option<usize>,
    /// How many requests are sent a second, at most.
    pub rate: Option<u32>,
    /// The query parameter that gives live orders URLs of their own; empty for none.
    pub fresh_query: Option<String>,
    /// Whose browser judges.
    pub profile: Option<Profile>,
    /// Whether browsers' requests have only the fields that HTTP and Fetch require.
    pub bare: Option<bool>,
    /// Tests that are known to fail.
    pub known_issues: Vec<KnownIssue>,
    /// What the bucket is called.
    pub bucket: Option<String>,
    /// The region that requests to its API are signed for.
    pub region: Option<String>,
    /// The version of the signature.
    pub signature: Option<SignatureVersion>,
    /// The profile of the vendor's files that has the key.
    pub key_profile: Option<String>,
    /// The ACL of objects that a case needs.
    pub object_acl: Option<String>,
    /// Where what was found on a bucket is saved.
    pub lease_dir: Option<PathBuf>,
    /// How long another process's lease is waited for, in milliseconds.
    pub lease_wait_ms: Option<u64>,
    /// How long a store gets to set rules and to show them, in milliseconds.
    pub propagation_ms: Option<u64>,
    /// What may be done to the endpoint.
    pub capabilities: Capabilities,
}

/// A header for requests to the endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The field name as written.
    pub name: String,
    /// The value, references filled.
    pub value: String,
    /// How far the value must be hidden.
    pub secrecy: Secrecy,
    /// The value as it was written: `Bearer ${API_TOKEN}`.
    pub template: String,
    /// The environment variables in it, each with its value.
    pub variables: Vec<(String, String)>,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.shown())
    }
}

impl Header {
    /// The value as it may be shown.
    pub fn shown(&self) -> &str {
        if self.secrecy == Secrecy::Plain { &self.value } else { HIDDEN }
    }
}

/// Everything that is known of an endpoint, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The endpoint; `None` is the embedded reference store. From the default, no source names an endpoint.
    pub url: Setting<Option<Url>>,
    /// In whose way it reads rules.
    pub dialect: Setting<Dialect>,
    /// What it is declared to allow; absent: nothing is known.
    pub policy: Setting<Option<Policy>>,
    /// The sources of the fields of that policy, where they are declared one by one as one rule.
    pub one_rule: Option<OneRule>,
    /// What is declared about credentials, if anything.
    pub credentials: Option<bool>,
    /// Its operations; none: the URL itself is one for each declared method.
    pub operations: Setting<Vec<ResolvedOperation>>,
    /// Values of roles, by name.
    pub roles: BTreeMap<String, Setting<String>>,
    /// Headers for every request to it but preflights.
    pub headers: Vec<Setting<Header>>,
    /// Headers for preflights, to which browsers add none.
    pub preflight_headers: Vec<Setting<Header>>,
    /// Authorities to trust besides the machine's.
    pub ca_file: Setting<Option<PathBuf>>,
    /// Whether certificates are accepted without verification.
    pub insecure: Setting<bool>,
    /// The proxy through which requests go.
    pub proxy: Setting<Option<Proxy>>,
    /// The proxies of the environment, for what is not evidence.
    pub machine_proxies: MachineProxies,
    /// Addresses to use instead of what the resolver says, the strongest first.
    pub resolve: Vec<Setting<ResolveOverride>>,
    /// The deadline of one exchange.
    pub request_timeout: Setting<Duration>,
    /// The deadline of the whole run.
    pub total_timeout: Setting<Duration>,
    /// The deadline of connecting.
    pub connect_timeout: Setting<Duration>,
    /// Whether redirects are followed to addresses that are less public than where they come from.
    pub follow_private: Setting<bool>,
    /// How many requests are under way at once.
    pub concurrency: Setting<usize>,
    /// How many requests tests send a second, at most.
    pub rate: Setting<Option<u32>>,
    /// The query parameter that gives live orders URLs of their own; empty for none.
    pub fresh_query: Setting<String>,
    /// Whose browser judges where the standard and browsers differ.
    pub profile: Setting<Profile>,
    /// Whether browsers' requests have only the fields that HTTP and Fetch require.
    pub bare: Setting<bool>,
    /// Tests that are known to fail.
    pub known_issues: Vec<KnownIssue>,
    /// The bucket behind the endpoint.
    pub bucket: BucketSettings,
    /// What may be done to the endpoint.
    pub capabilities: Setting<Capabilities>,
    /// What a target file says of its own endpoint, while another one is used.
    pub left_out: Option<LeftOut>,
}

/// The sources of the fields of a policy of one rule. That of the origins is the policy's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneRule {
    /// Of the allowed methods.
    pub methods: Provenance,
    /// Of the allowed request headers.
    pub headers: Provenance,
    /// Of the exposed response headers.
    pub exposed: Provenance,
    /// Of the `Access-Control-Max-Age`.
    pub max_age: Provenance,
    /// Of whether credentials are allowed.
    pub credentials: Provenance,
}

/// One line of the configuration as it is shown: secrets are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The setting, as it is called in a target file.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// Where it came from.
    pub from: Provenance,
    /// The environment variables that it was filled from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
}

impl Settings {
    /// How the endpoint is reached, for lines that ask it again.
    pub fn connect(&self) -> ConnectOptions {
        let at =
            self.url.value.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
        let route = self.route();
        ConnectOptions {
            insecure: self.insecure.value && self.url.value.is_some(),
            proxy: at.and_then(|(host, port)| route.to(host, port)).map(Proxy::hidden),
            resolve: self.resolve.iter().map(|over| over.value.to_string()).collect(),
            ca_file: self.ca_file.value.as_ref().map(|path| path.display().to_string()),
        }
    }

    /// What knows every secret of these settings: values of headers, parameters of the URL, the access key.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::new();
        if let Some(url) = &self.url.value {
            // Every line of a report names the host and the origins.
            redactor.keep(&url.origin().ascii_serialization());
        }
        let rules = self.policy.value.iter().flat_map(|policy| &policy.rules);
        rules.flat_map(|rule| &rule.allowed_origins).for_each(|origin| redactor.keep(origin));
        for Setting { value: Header { name, value, secrecy, template, variables }, .. } in
            self.headers.iter().chain(&self.preflight_headers)
        {
            for (variable, value) in variables {
                redactor.add_variable(variable, value);
            }
            let template = is_reference(template).then_some(template.as_str());
            redactor.add_header(name, value, template, *secrecy);
        }
        if let Some(url) = &self.url.value {
            redactor.add_url(url);
        }
        self.operations.value.iter().for_each(|operation| operation.hide(&mut redactor));
        self.proxy_secrets().for_each(|secret| {
            redactor.add(&secret, HIDDEN);
        });
        if let Some(Credentials::Known(known)) = &self.bucket.credentials {
            known.key.secrets().into_iter().for_each(|secret| {
                redactor.add(secret, HIDDEN);
            });
        }
        redactor
    }

    /// What is known of the endpoint; `None` where none was named.
    pub fn description(&self) -> Option<Description> {
        Some(Description {
            url: self.url.value.clone()?,
            dialect: self.dialect.value,
            policy: self.policy.value.clone(),
            roles: self.roles.iter().map(|(name, role)| (name.clone(), role.value.clone())).collect(),
            capabilities: self.capabilities.value.clone(),
        })
    }

    /// The names of headers that preflights are sent with, each once.
    pub(crate) fn preflight_header_names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.preflight_headers.iter().map(|header| header.value.name.clone()).collect();
        names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        names
    }

    /// What sends the requests of tests over a wire, at the rate of these settings.
    pub(super) fn sender(&self, wire: Wire, is_remote: bool) -> Sender {
        let interval = self.rate.value.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1));
        Sender::new(wire, Limits { interval, deadline: self.total_timeout.value }, is_remote)
    }

    /// Permits the methods that the command line declares as allowed to be really sent, unless `capabilities.methods`
    /// says which may be. With origins alone it declares the methods that every page may send.
    pub fn permit_declared_methods(&mut self) {
        let typed = |sources: &OneRule| match sources.methods {
            Provenance::Flag => true,
            Provenance::Default => self.policy.from == Provenance::Flag,
            _ => false,
        };
        if !self.one_rule.as_ref().is_some_and(typed) {
            return;
        }
        let capabilities = &mut self.capabilities.value;
        let Some(policy) = self.policy.value.as_ref().filter(|_| capabilities.methods.is_none()) else {
            return;
        };
        let mut methods = capabilities.real_methods();
        for method in
            policy.rules.iter().flat_map(|rule| &rule.allowed_methods).filter(|method| *method != "*")
        {
            if !methods.contains(method) {
                methods.push(method.clone());
            }
        }
        capabilities.methods = Some(methods);
    }

    /// What may be sent to the endpoint of a URL.
    pub(super) fn gate(&self, url: &Url) -> Gate {
        let gate = Gate::every_method_to([url])
            .with_methods(self.capabilities.value.real_methods())
            .following_private(self.follow_private.value);
        let sent = self.operations.value.iter().map(|it| &it.operation).filter(|it| it.send);
        sent.fold(gate, |gate, operation| gate.with_request(&operation.method, &operation.url))
    }

    /// A transport that does this to long content, as `build` makes it.
    pub(super) fn transport<T>(
        &self,
        large_body: LargeBody,
        build: impl FnOnce(WireConfig) -> Result<T, TlsError>,
    ) -> Result<T, Problem> {
        let problem = |error| Problem {
            error,
            from: self.ca_file.from,
            at: vec!["tls".to_owned(), "ca_file".to_owned()],
        };
        let path = self.ca_file.value.clone().unwrap_or_default();
        let ca_pem = match &self.ca_file.value {
            None => None,
            Some(path) => Some(
                input::read(path, input::Kind::Certificates)
                    .map_err(|error| problem(EndpointError::CaFileUnreadable(error.to_string())))?,
            ),
        };
        build(self.wire_config(ca_pem, large_body))
            .map_err(|error| problem(EndpointError::CaFile { path, error }))
    }

    /// Fetches a document that is not judged, such as the description of an API: with the machine's proxies and, at the
    /// endpoint's own origin, the configured headers. Redirects are not followed.
    ///
    /// # Errors
    /// A CA file that cannot be used, or no answer.
    #[cfg(feature = "control")]
    pub async fn fetch(&self, url: &Url) -> Result<crosscheck_core::exchange::Exchange, Problem> {
        let gate = Gate::every_method_to([url]).with_methods(vec!["GET".to_owned()]);
        let control = self.transport(LargeBody::Fail, |config| Control::new(config, gate, url))?;
        let mut request = crosscheck_core::message::Request::new("GET", url.clone());
        request.fields.push("Accept", "application/json, application/yaml;q=0.9, */*;q=0.8");
        Ok(control.exchange(&request).await)
    }

    fn wire_config(&self, ca_pem: Option<Vec<u8>>, large_body: LargeBody) -> WireConfig {
        let fields = |headers: &[Setting<Header>]| -> Fields {
            headers.iter().map(|header| (header.value.name.clone(), header.value.value.clone())).collect()
        };
        let added = self.url.value.as_ref().map(|url| AddedFields {
            to: url.origin(),
            fields: fields(&self.headers),
            preflight_fields: fields(&self.preflight_headers),
        });
        WireConfig {
            resolve: self.resolve.iter().map(|over| over.value.clone()).collect(),
            proxy: self.route(),
            tls: TlsConfig { native_roots: true, ca_pem, insecure: self.insecure.value },
            request_deadline: self.request_timeout.value,
            connect_timeout: self.connect_timeout.value.min(self.request_timeout.value),
            max_body_bytes: match large_body {
                LargeBody::Cut => JUDGED_BODY_BYTES,
                LargeBody::Fail => WireConfig::default().max_body_bytes,
            },
            large_body,
            max_connections: self.concurrency.value,
            max_idle_per_host: self.concurrency.value,
            added,
            shape: (!self.bare.value).then_some(self.profile.value),
            ..WireConfig::default()
        }
    }

    /// Every setting as it is shown, in the order of a target file.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String, from: Provenance| {
            rows.push(Row { name: name.to_owned(), value, from, variables: Vec::new() });
        };
        let url = match (&self.url.value, self.url.from) {
            (Some(url), _) => url.as_str(),
            (None, Provenance::Default) => "none",
            (None, _) => EMBEDDED,
        };
        row("url", url.to_owned(), self.url.from);
        row("dialect", self.dialect.value.to_string(), self.dialect.from);
        for (name, value, from) in declared::rows(&self.policy, self.one_rule.as_ref()) {
            row(&name, value, from);
        }
        for operation in &self.operations.value {
            let operation = &operation.operation;
            let name = format!("operations.{}", operation.name);
            row(&name, format!("{} {}", operation.method, operation.url), self.operations.from);
        }
        for (name, role) in &self.roles {
            row(&format!("roles.{name}"), role.value.clone(), role.from);
        }
        for (group, headers) in [("headers", &self.headers), ("preflight_headers", &self.preflight_headers)] {
            for Setting { value: header, from } in headers {
                rows.push(Row {
                    name: format!("{group}.{}", header.name),
                    value: header.shown().to_owned(),
                    from: *from,
                    variables: header.variables.iter().map(|(name, _)| name.clone()).collect(),
                });
            }
        }
        let mut row = |name: &str, value: String, from: Provenance| {
            rows.push(Row { name: name.to_owned(), value, from, variables: Vec::new() });
        };
        let ca_file = self.ca_file.value.as_ref().map(|path| path.display().to_string());
        row("tls.ca_file", ca_file.unwrap_or_else(|| "none".to_owned()), self.ca_file.from);
        row("tls.insecure", self.insecure.value.to_string(), self.insecure.from);
        let proxy = self.proxy.value.as_ref().map(Proxy::hidden);
        row("proxy", proxy.unwrap_or_else(|| "none".to_owned()), self.proxy.from);
        for over in &self.resolve {
            row("resolve", over.value.to_string(), over.from);
        }
        for (name, timeout) in [
            ("timeouts.request_ms", self.request_timeout),
            ("timeouts.total_ms", self.total_timeout),
            ("timeouts.connect_ms", self.connect_timeout),
        ] {
            row(name, timeout.value.as_millis().to_string(), timeout.from);
        }
        row("follow_private", self.follow_private.value.to_string(), self.follow_private.from);
        row("concurrency", self.concurrency.value.to_string(), self.concurrency.from);
        let rate = self.rate.value.map_or_else(|| "none".to_owned(), |rate| rate.to_string());
        row("rate", rate, self.rate.from);
        let fresh_query = if self.fresh_query.value.is_empty() { "none" } else { &self.fresh_query.value };
        row("fresh_query", fresh_query.to_owned(), self.fresh_query.from);
        row("profile", self.profile.value.to_string(), self.profile.from);
        row("bare", self.bare.value.to_string(), self.bare.from);
        if self.capabilities.from != Provenance::Default {
            let value = serde_json::to_string(&self.capabilities.value).unwrap_or_default();
            row("capabilities", value, self.capabilities.from);
        }
        rows.extend(self.bucket.rows(self.shown_machine_proxy()));
        let redactor = self.redactor();
        rows.iter_mut().for_each(|row| redactor.redact(&mut row.value));
        rows
    }
}
