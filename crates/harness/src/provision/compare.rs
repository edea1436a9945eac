use crosscheck_core::{
    fetch,
    message::{Request, Response},
    policy::{Dialect, Policy, Question, Rule, evaluate},
};

use super::Token;

/// Whether two policies are the same rules to a store of this dialect: the rules in their order,
/// each rule's lists as sets, header names without case. A rule's `ID` counts where `wanted` has
/// one and the dialect knows it, `ResponseVary` where the dialect knows it; no maximum age is none
/// of 0 seconds.
pub(crate) fn same_rules(wanted: &Policy, found: &Policy, dialect: Dialect) -> bool {
    let traits = dialect.traits();
    // A mark of ours may be lost on the way: it says nothing of what a store does.
    let named = |rule: &Rule| rule.id.is_some() && Token::of_rule(rule).is_none();
    let same_id = |(wanted, found): (&Rule, &Rule)| !named(wanted) || wanted.id == found.id;
    canonical(wanted, dialect) == canonical(found, dialect)
        && (!traits.has_rule_id || wanted.rules.iter().zip(&found.rules).all(same_id))
}

/// What a policy says to a store of this dialect, in one form: lists sorted, header names in lower case, no `ID`s, and
/// only what the dialect has words for.
pub(super) fn canonical(policy: &Policy, dialect: Dialect) -> Policy {
    let rule = |rule: &Rule| Rule {
        id: None,
        allowed_origins: set(&rule.allowed_origins),
        allowed_methods: set(&rule.allowed_methods),
        allowed_headers: names(&rule.allowed_headers),
        expose_headers: names(&rule.expose_headers),
        max_age_seconds: Some(rule.max_age_seconds.unwrap_or(0)),
    };
    Policy {
        rules: policy.rules.iter().map(rule).collect(),
        response_vary: dialect.traits().has_response_vary && policy.response_vary,
        allow_credentials: false,
    }
}

fn set(list: &[String]) -> Vec<String> {
    let mut sorted = list.to_vec();
    sorted.sort();
    sorted.dedup();
    sorted
}

fn names(list: &[String]) -> Vec<String> {
    set(&list.iter().map(|name| name.to_ascii_lowercase()).collect::<Vec<_>>())
}

/// A preflight that shows which of two policies a store follows; where none does, one that the
/// second allows; `None` where there is neither.
pub(super) fn telling_question(before: &Policy, after: &Policy, dialect: Dialect) -> Option<Question> {
    let questions: Vec<Question> = after.rules.iter().chain(&before.rules).flat_map(questions_of).collect();
    let answer = |policy: &Policy, question: &Question| {
        let ruling = evaluate(policy, dialect, question);
        (
            ruling.allowed(),
            ruling.fields.text("access-control-max-age"),
            ruling.fields.text("access-control-allow-origin"),
        )
    };
    let differs = |question: &&Question| answer(before, question) != answer(after, question);
    let clearly = |question: &&Question| answer(before, question).0 != answer(after, question).0;
    let allowed = |question: &&Question| answer(after, question).0;
    let found = questions.iter().find(clearly).or_else(|| questions.iter().find(differs));
    found.or_else(|| questions.iter().find(allowed)).cloned()
}

fn questions_of(rule: &Rule) -> Vec<Question> {
    let mut questions = Vec::new();
    for origin in &rule.allowed_origins {
        // What a browser sends: a scheme, a host, and no star.
        let filled = if origin == "*" {
            "https://crosscheck.example".to_owned()
        } else {
            origin.replace('*', "crosscheck")
        };
        if fetch::Origin::parse(&filled).is_err() {
            continue;
        }
        for method in &rule.allowed_methods {
            questions.push(Question::preflight(filled.clone(), method.clone(), [""; 0]));
        }
    }
    questions
}

/// Whether an answer to this question is the one that the rules demand, as far as a glance tells.
pub(super) fn shows(policy: &Policy, dialect: Dialect, question: &Question, response: &Response) -> bool {
    let ruling = evaluate(policy, dialect, question);
    let allowed =
        fetch::status::is_ok(response.status) && response.fields.contains("access-control-allow-origin");
    if ruling.allowed() != allowed {
        return false;
    }
    let age = |fields: &crosscheck_core::message::Fields| {
        fields.text("access-control-max-age").unwrap_or_else(|| "0".to_owned())
    };
    !allowed || age(&ruling.fields) == age(&response.fields)
}

/// The question as a request for this URL.
pub(super) fn preflight(question: &Question, url: &url::Url) -> Request {
    let mut request = Request::new("OPTIONS", url.clone());
    request.fields.push("Accept", "*/*");
    request.fields.push("Access-Control-Request-Method", question.method().to_owned());
    if let Some(origin) = &question.origin {
        request.fields.push("Origin", origin.clone());
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(rules: &[(&str, &str, Option<u32>)]) -> Policy {
        let rules = rules.iter().map(|(origin, methods, age)| Rule {
            allowed_origins: vec![(*origin).to_owned()],
            allowed_methods: methods.split(',').map(str::to_owned).collect(),
            max_age_seconds: *age,
            ..Rule::default()
        });
        Policy { rules: rules.collect(), ..Policy::default() }
    }

    #[test]
    fn lists_are_sets_and_rules_are_not() {
        let one = ("https://a.example", "GET,PUT", Some(0));
        let other = ("https://b.example", "GET", None);
        for (wanted, found, same) in [
            (policy(&[one]), policy(&[("https://a.example", "PUT,GET", None)]), true),
            (policy(&[one]), policy(&[("https://a.example", "PUT", None)]), false),
            (policy(&[one]), policy(&[("https://a.example", "GET,PUT", Some(1))]), false),
            (policy(&[one, other]), policy(&[other, one]), false),
            (policy(&[one, other]), policy(&[one]), false),
            (policy(&[]), policy(&[]), true),
        ] {
            assert_eq!(same_rules(&wanted, &found, Dialect::S3), same, "{wanted:?} {found:?}");
        }
        let mut named = policy(&[one]);
        named.rules[0].id = Some("r1".to_owned());
        assert!(!same_rules(&named, &policy(&[one]), Dialect::S3));
        assert!(same_rules(&named, &policy(&[one]), Dialect::Oss));
        assert!(same_rules(&policy(&[one]), &named, Dialect::S3));
        let vary = policy(&[one]).with_response_vary(true);
        assert!(!same_rules(&vary, &policy(&[one]), Dialect::Oss));
        assert!(same_rules(&vary, &policy(&[one]), Dialect::S3));
    }

    #[test]
    fn a_preflight_tells_two_policies_apart() {
        let a = policy(&[("https://a.example", "GET", None)]);
        let b = policy(&[("https://b.example", "GET", None)]);
        let put = policy(&[("https://a.example", "GET,PUT", None)]);
        let aged = policy(&[("https://a.example", "GET", Some(9))]);
        for (before, after, origin, method) in [
            (&a, &b, "https://b.example", "GET"),
            (&a, &put, "https://a.example", "PUT"),
            (&put, &a, "https://a.example", "PUT"),
            (&a, &aged, "https://a.example", "GET"),
            (&a, &policy(&[]), "https://a.example", "GET"),
            (&policy(&[]), &policy(&[("*", "GET", None)]), "https://crosscheck.example", "GET"),
            (&a, &a, "https://a.example", "GET"),
        ] {
            let question = telling_question(before, after, Dialect::S3).unwrap();
            assert_eq!(question, Question::preflight(origin, method, [""; 0]));
        }
        assert_eq!(telling_question(&policy(&[]), &policy(&[]), Dialect::S3), None);
    }
}
