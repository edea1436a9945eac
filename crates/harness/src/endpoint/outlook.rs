//! What is known of an endpoint and its operations before anything is sent: abilities, roles, rules and promises.

use std::{collections::BTreeMap, sync::Arc};

use crosscheck_core::{
    case::Roles,
    operation::{Operation, Survey},
    plan::{Abilities, Outlook, View},
    policy::{self, Policy},
    promise::{self, Promise},
};

use super::{Capabilities, Dialect, Settings, store};

/// Everything can be done with the store that we embed.
pub(super) fn reference_store_capabilities() -> Capabilities {
    Capabilities {
        set_rules: Some(true),
        put_objects: Some(true),
        dictate_answers: Some(true),
        methods: None,
    }
}

/// As whose store the rules of an endpoint of this dialect are read.
pub(super) fn rules_read_as(dialect: Dialect) -> policy::Dialect {
    match dialect {
        Dialect::S3 => policy::Dialect::S3,
        Dialect::Oss | Dialect::Generic => policy::Dialect::Oss,
    }
}

/// What rules promise. The bounds that are asked once for each CORS layer are promises of the operation that stands for
/// it.
pub(super) fn promises(
    endpoint: &Outlook,
    views: &[Outlook],
    survey: &Survey,
) -> Vec<(Option<Arc<Operation>>, Promise)> {
    if views.is_empty() {
        let of_all = |policy: &Policy| promise::promises(policy, endpoint.credentials);
        let promises = endpoint.declared.as_ref().map(of_all).unwrap_or_default();
        return promises.into_iter().map(|promise| (None, promise)).collect();
    }
    let mut promised = Vec::new();
    for (place, outlook) in views.iter().enumerate() {
        let Some(view) = outlook.view.as_ref().filter(|_| outlook.declared.is_some()) else { continue };
        let read_by = view.operation.read_by();
        for promise in promise::promises_to(&view.share, outlook.credentials, &read_by) {
            if promise.concerns_every_operation() || survey.stands_for_its_layer(place) {
                promised.push((Some(Arc::clone(&view.operation)), promise));
            }
        }
    }
    promised
}

impl Settings {
    /// What is known of the endpoint before anything is sent.
    pub fn outlook(&self) -> Outlook {
        let overrides = self
            .roles
            .iter()
            .map(|(name, role)| (name.clone(), role.value.clone()))
            .collect::<BTreeMap<_, _>>();
        let declared = match self.url.value {
            None => store::default_policy(),
            Some(_) => self.policy.value.clone(),
        };
        let abilities = self.abilities();
        let capabilities = &self.capabilities.value;
        let methods = self.url.value.as_ref().map(|_| capabilities.real_methods());
        let (roles, credentials) = (Roles::bind(declared.as_ref(), &overrides), self.credentials);
        Outlook { abilities, roles, declared, credentials, methods, view: None }
    }

    /// The operations; none: the URL itself is tested.
    pub fn operations(&self) -> Vec<Arc<Operation>> {
        self.operations.value.iter().map(|resolved| Arc::clone(&resolved.operation)).collect()
    }

    /// What is known of each operation before anything is sent.
    pub fn views(&self) -> Vec<Outlook> {
        let endpoint = self.outlook();
        self.operations.value.iter().map(|resolved| self.view(&endpoint, &resolved.operation)).collect()
    }

    fn view(&self, endpoint: &Outlook, operation: &Arc<Operation>) -> Outlook {
        let none = Policy::default();
        let rules = operation.rules(endpoint.declared.as_ref().unwrap_or(&none)).clone();
        let share = operation.share(&rules);
        let mut overrides: BTreeMap<String, String> =
            self.roles.iter().map(|(name, role)| (name.clone(), role.value.clone())).collect();
        // What is not allowed is not allowed to any operation.
        let all = Roles::bind(Some(&rules), &overrides);
        if let Ok(denied) = all.get("denied-method") {
            overrides.entry("denied-method".to_owned()).or_insert_with(|| denied.to_owned());
        }
        let mut methods = endpoint.methods.clone();
        if let Some(methods) = &mut methods {
            match operation.send {
                true if methods.contains(&operation.method) => {}
                true => methods.push(operation.method.clone()),
                // A HEAD is a read of the same as a GET.
                false => methods
                    .retain(|it| *it != operation.method && !(it == "HEAD" && operation.method == "GET")),
            }
        }
        let credentials = match &operation.policy {
            Some(own) => own.allow_credentials.then_some(true),
            None => endpoint.credentials,
        };
        Outlook {
            roles: Roles::bind(Some(&share), &overrides),
            declared: operation.policy.as_ref().or(endpoint.declared.as_ref()).map(|_| rules),
            credentials,
            methods,
            view: Some(View { operation: Arc::clone(operation), share }),
            abilities: endpoint.abilities,
        }
    }

    /// What the declared rules promise: of each operation, where there are several.
    pub fn promises(&self, survey: &Survey) -> Vec<(Option<Arc<Operation>>, Promise)> {
        promises(&self.outlook(), &self.views(), survey)
    }

    /// What can be done with the endpoint.
    pub(super) fn abilities(&self) -> Abilities {
        let own = self.url.value.is_none();
        let capabilities = match self.dialect.value.rules() {
            _ if own => reference_store_capabilities(),
            Some(_) => Capabilities { dictate_answers: None, ..self.capabilities.value.clone() },
            // There is a way to set up buckets, and none for anything else.
            None => Capabilities::default(),
        };
        Abilities {
            set_rules: capabilities.set_rules.unwrap_or_default(),
            put_objects: capabilities.put_objects.unwrap_or_default(),
            any_object_fields: own,
            configuration: own,
            response_vary: own || self.dialect.value == Dialect::Oss,
            // S3 allows credentials to every named origin, and no bucket has a switch for it.
            allow_credentials: own || self.dialect.value == Dialect::S3,
            deny_credentials: own,
            routes: capabilities.dictate_answers.unwrap_or_default(),
            dictate: capabilities.dictate_answers.unwrap_or_default(),
            keys: self.url.value.is_none(),
            embedded: own,
            any_dialect: self.url.value.is_none(),
            dialect: rules_read_as(self.dialect.value),
        }
    }
}
