use crosscheck_core::redaction::looks_secret;

/// Providers of clouds and registries: every variable of theirs may be, or lead to, a credential.
const PROVIDERS: &[&str] = &[
    "AKAMAI_",
    "ALIBABACLOUD_",
    "ALIBABA_CLOUD_",
    "ALICLOUD_",
    "ALIYUN_",
    "ARM_",
    "AWS_",
    "AZURE_",
    "B2_",
    "CLOUDFLARE_",
    "CLOUDSDK_",
    "DIGITALOCEAN_",
    "DO_",
    "EC2_",
    "FASTLY_",
    "FIREBASE_",
    "GCLOUD_",
    "GCP_",
    "GCS_",
    "GOOGLE_",
    "HCLOUD_",
    "HUAWEICLOUD_",
    "IBMCLOUD_",
    "LINODE_",
    "MINIO_",
    "OCI_",
    "OSS_",
    "OVH_",
    "R2_",
    "RCLONE_",
    "S3_",
    "SCW_",
    "TENCENTCLOUD_",
    "VAULT_",
    "VULTR_",
    "WASABI_",
];

/// Tools of the developer's machine and of CI: those of their variables that look secret.
const TOOLS: &[&str] = &[
    "ACTIONS_",
    "ANTHROPIC_",
    "BITBUCKET_",
    "BUILDKITE_",
    "CARGO_",
    "CF_",
    "CI_",
    "CIRCLE_",
    "CIRCLECI_",
    "CODECOV_",
    "CONSUL_",
    "CROSSCHECK_",
    "DATADOG_",
    "DD_",
    "DOCKER_",
    "DOCKERHUB_",
    "DRONE_",
    "FLY_",
    "FORGEJO_",
    "GEM_",
    "GH_",
    "GITEA_",
    "GITHUB_",
    "GITLAB_",
    "GIT_",
    "GL_",
    "GNUPG",
    "GPG_",
    "GRADLE_",
    "HEROKU_",
    "HF_",
    "HUGGINGFACE_",
    "HUGGING_FACE_",
    "JENKINS_",
    "KUBE",
    "MAVEN_",
    "MONGO",
    "MYSQL_",
    "NETLIFY_",
    "NEW_RELIC_",
    "NODE_",
    "NOMAD_",
    "NPM_",
    "NUGET_",
    "OPENAI_",
    "ORG_GRADLE_PROJECT_",
    "PG",
    "POETRY_",
    "POSTGRES",
    "PULUMI_",
    "PYPI_",
    "QUAY_",
    "RAILWAY_",
    "REDIS",
    "RUBYGEMS_",
    "SENDGRID_",
    "SENTRY_",
    "SLACK_",
    "SNYK_",
    "SONAR_",
    "SSH_",
    "STRIPE_",
    "SUPABASE_",
    "SYSTEM_",
    "TFE_",
    "TF_",
    "TRAVIS_",
    "TWILIO_",
    "TWINE_",
    "UV_",
    "VERCEL_",
    "YARN_",
];

/// What a credential of a cloud is called, whoever's it is.
const PARTS: &[&str] = &[
    "ACCESSKEY",
    "ACCESS_KEY",
    "ACCOUNT_KEY",
    "CLIENT_SECRET",
    "CONNECTION_STRING",
    "PRIVATE_KEY",
    "SECRETKEY",
    "SECRET_ACCESS",
    "SECRET_KEY",
    "SECURITY_TOKEN",
    "SERVICE_ACCOUNT",
    "STORAGE_KEY",
];

/// Those that hold a credential and do not say so.
const WHOLE: &[&str] = &[
    "DATABASE_URL",
    "KUBECONFIG",
    "MONGODB_URI",
    "MONGO_URL",
    "NETRC",
    "PGPASSFILE",
    "POSTGRES_URL",
    "REDIS_URL",
];

/// Whether an environment variable of this name looks like a credential of the machine or its user: of a
/// cloud, a registry, a code host, a tool. A planted target file would name one, and an API's own token is
/// rarely called so.
pub(crate) fn looks_like_credential(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    begins(PROVIDERS)
        || (begins(TOOLS) && looks_secret(&name))
        || PARTS.iter().any(|part| name.contains(part))
        || WHOLE.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_the_machine_are_known_by_name() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "aws_secret_access_key",
            "AWS_SESSION_TOKEN",
            "AWS_PROFILE",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALICLOUD_SECRET_KEY",
            "OSS_ACCESS_KEY_ID",
            "AZURE_CLIENT_SECRET",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GCP_SA",
            "CLOUDFLARE_API_TOKEN",
            "DO_PAT",
            "TEAM_SECRET_ACCESS_KEY",
            "BACKUP_ACCESS_KEY_ID",
            "MY_ACCESS_KEY_SECRET_2",
            "CROSSCHECK_ACCESS_KEY_SECRET",
            "CROSSCHECK_SECURITY_TOKEN",
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "GITLAB_TOKEN",
            "NPM_TOKEN",
            "NODE_AUTH_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_INTERNAL_TOKEN",
            "CI_JOB_TOKEN",
            "CI_REGISTRY_PASSWORD",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "SYSTEM_ACCESSTOKEN",
            "SSH_AUTH_SOCK",
            "VAULT_TOKEN",
            "TF_TOKEN_app_terraform_io",
            "PGPASSWORD",
            "DATABASE_URL",
            "KUBECONFIG",
            "OPENAI_API_KEY",
            "HF_TOKEN",
            "SIGNING_PRIVATE_KEY",
        ] {
            assert!(looks_like_credential(name), "{name}");
        }
        for name in [
            "API_TOKEN",
            "TOKEN",
            "STAGING_API_KEY",
            "SHOP_SESSION",
            "GITHUB_SHA",
            "CI_COMMIT_SHA",
            "CI",
            "TENANT",
            "DOMAIN",
            "HOME",
        ] {
            assert!(!looks_like_credential(name), "{name}");
        }
    }
}
