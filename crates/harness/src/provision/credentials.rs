use std::path::{Path, PathBuf};

use crosscheck_core::{policy::Dialect, signature::AccessKey};
use ini::{Ini, ParseOption};

use super::ProvisionError;
use crate::input;

/// The environment as it is handed in: a variable by its name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// An access key, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The key.
    pub key: AccessKey,
    /// Where it was found, in words.
    pub from: String,
    /// Whether that was the environment, and not a file.
    pub environment: bool,
}

impl Known {
    /// The key id as it may be shown: its beginning and its end.
    pub fn shown(&self) -> String {
        let id: Vec<char> = self.key.id.chars().collect();
        if id.len() < 12 {
            return "***".to_owned();
        }
        let part = |range: &[char]| range.iter().collect::<String>();
        format!("{}…{}", part(&id[..4]), part(&id[id.len() - 4..]))
    }
}

/// What was found where access keys usually are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A key.
    Known(Known),
    /// None; where it was looked for.
    Unknown(Vec<String>),
    /// Something that is none, and why.
    Broken(String),
}

impl Credentials {
    /// The key.
    ///
    /// # Errors
    /// There is none, or what is there is none.
    pub fn known(&self) -> Result<&Known, ProvisionError> {
        match self {
            Self::Known(known) => Ok(known),
            Self::Unknown(looked) => Err(ProvisionError::NoCredentials { looked: looked.clone() }),
            Self::Broken(why) => Err(ProvisionError::Credentials(why.clone())),
        }
    }
}

/// Names of variables: id, secret, token.
type Triple = [&'static str; 3];

const OURS: Triple =
    ["CROSSCHECK_ACCESS_KEY_ID", "CROSSCHECK_ACCESS_KEY_SECRET", "CROSSCHECK_SECURITY_TOKEN"];
const OSS: &[Triple] = &[
    ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
    ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
];
const AWS: &[Triple] = &[["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]];

/// Looks for an access key: in Crosscheck's own variables, in the vendor's, and in the vendor's
/// files. A named profile is looked for in files only, for it is a wish for another key than the
/// environment's; Crosscheck's own variables win all the same.
pub(crate) fn find_credentials(
    dialect: Dialect,
    profile: Option<&str>,
    environment: Environment<'_>,
) -> Credentials {
    let mut looked = Vec::new();
    let vendors = match dialect {
        Dialect::Oss => OSS,
        Dialect::S3 => AWS,
    };
    let variables = std::iter::once(&OURS).chain(vendors.iter().filter(|_| profile.is_none()));
    for [id, secret, token] in variables {
        looked.push((*id).to_owned());
        match (environment(id), environment(secret)) {
            (Some(key), Some(secret)) => {
                return Credentials::Known(Known {
                    key: access_key(&key, &secret, environment(token)),
                    from: format!("the environment variable {id}"),
                    environment: true,
                });
            }
            (Some(_), None) => return Credentials::Broken(format!("{id} is set, but {secret} is not")),
            (None, Some(_)) => return Credentials::Broken(format!("{secret} is set, but {id} is not")),
            (None, None) => {}
        }
    }
    let files: &[fn(Option<&str>, Environment<'_>, &mut Vec<String>) -> Result<Option<Known>, String>] =
        match dialect {
            Dialect::Oss => &[ossutil, aliyun],
            Dialect::S3 => &[aws],
        };
    for file in files {
        match file(profile, environment, &mut looked) {
            Ok(Some(known)) => return Credentials::Known(known),
            Ok(None) => {}
            Err(why) => return Credentials::Broken(why),
        }
    }
    Credentials::Unknown(looked)
}

/// The region that the environment or the vendor's files name.
pub(crate) fn find_region(
    dialect: Dialect,
    profile: Option<&str>,
    environment: Environment<'_>,
) -> Option<String> {
    let variables: &[&str] = match dialect {
        Dialect::Oss => &["OSS_REGION", "ALIBABA_CLOUD_REGION_ID"],
        Dialect::S3 => &["AWS_REGION", "AWS_DEFAULT_REGION"],
    };
    if let Some(region) = variables.iter().find_map(|name| environment(name)) {
        return Some(region);
    }
    let path = match dialect {
        Dialect::Oss => file(environment, "OSSUTIL_CONFIG_FILE", ".ossutilconfig")?,
        Dialect::S3 => file(environment, "AWS_CONFIG_FILE", ".aws/config")?,
    };
    let ini = read_ini(&path).ok()??;
    let profile = chosen(dialect, profile, environment);
    sections(&profile).iter().find_map(|section| value(&ini, section, "region"))
}

fn access_key(id: &str, secret: &str, token: Option<String>) -> AccessKey {
    let key = AccessKey::new(id.trim(), secret.trim());
    match token {
        Some(token) => key.with_token(token.trim()),
        None => key,
    }
}

/// A file named by a variable, or the usual one below the home folder.
fn file(environment: Environment<'_>, variable: &str, usual: &str) -> Option<PathBuf> {
    let named = environment(variable).map(PathBuf::from);
    named.or_else(|| environment("HOME").map(|home| Path::new(&home).join(usual)))
}

fn chosen(dialect: Dialect, profile: Option<&str>, environment: Environment<'_>) -> String {
    let variable = match dialect {
        Dialect::Oss => "OSS_PROFILE",
        Dialect::S3 => "AWS_PROFILE",
    };
    let named = profile.map(str::to_owned).or_else(|| environment(variable));
    named.unwrap_or_else(|| "default".to_owned())
}

/// What the section of a profile may be called.
fn sections(profile: &str) -> Vec<String> {
    let mut names = vec![profile.to_owned(), format!("profile {profile}")];
    if profile == "default" {
        // The first ossutil knew no profiles.
        names.push("Credentials".to_owned());
    }
    names
}

/// `None`: there is no such file.
fn read_ini(path: &Path) -> Result<Option<Ini>, String> {
    let text = match input::read_text(path, input::Kind::Credentials) {
        Ok(text) => text,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let options = ParseOption { enabled_escape: false, enabled_quote: false, ..ParseOption::default() };
    // The error's own words would show a line of the file.
    let ini = Ini::load_from_str_opt(&text, options).map_err(|error| {
        format!("{} is malformed at line {}, column {}", path.display(), error.line, error.col)
    })?;
    Ok(Some(ini))
}

fn value(ini: &Ini, section: &str, key: &str) -> Option<String> {
    let (_, section) = ini.iter().find(|(name, _)| name.is_some_and(|name| name.trim() == section))?;
    let (_, value) = section.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case(key))?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The key in a profile of an INI file, its parts called `id`, `secret` and `token`.
fn of_ini(path: &Path, profile: &str, [id, secret, token]: [&str; 3]) -> Result<Option<Known>, String> {
    let Some(ini) = read_ini(path)? else { return Ok(None) };
    for section in sections(profile) {
        let (Some(key_id), key_secret) = (value(&ini, &section, id), value(&ini, &section, secret)) else {
            continue;
        };
        let Some(key_secret) = key_secret else {
            return Err(format!("[{section}] of {} has {id}, but no {secret}", path.display()));
        };
        return Ok(Some(Known {
            key: access_key(&key_id, &key_secret, value(&ini, &section, token)),
            from: format!("{}, [{section}]", path.display()),
            environment: false,
        }));
    }
    Ok(None)
}

fn aws(
    profile: Option<&str>,
    environment: Environment<'_>,
    looked: &mut Vec<String>,
) -> Result<Option<Known>, String> {
    let profile = chosen(Dialect::S3, profile, environment);
    let names = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
    for (variable, usual) in
        [("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), ("AWS_CONFIG_FILE", ".aws/config")]
    {
        let Some(path) = file(environment, variable, usual) else { continue };
        looked.push(format!("{} [{profile}]", path.display()));
        if let Some(known) = of_ini(&path, &profile, names)? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

fn ossutil(
    profile: Option<&str>,
    environment: Environment<'_>,
    looked: &mut Vec<String>,
) -> Result<Option<Known>, String> {
    let profile = chosen(Dialect::Oss, profile, environment);
    let Some(path) = file(environment, "OSSUTIL_CONFIG_FILE", ".ossutilconfig") else { return Ok(None) };
    looked.push(format!("{} [{profile}]", path.display()));
    of_ini(&path, &profile, ["accessKeyID", "accessKeySecret", "stsToken"])
}

/// The file of Alibaba Cloud's own command line.
fn aliyun(
    profile: Option<&str>,
    environment: Environment<'_>,
    looked: &mut Vec<String>,
) -> Result<Option<Known>, String> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(default)]
        current: String,
        #[serde(default)]
        profiles: Vec<Profile>,
    }
    #[derive(serde::Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Profile {
        name: String,
        mode: String,
        access_key_id: String,
        access_key_secret: String,
        sts_token: String,
    }
    let Some(path) = file(environment, "ALIBABA_CLOUD_CONFIG_FILE", ".aliyun/config.json") else {
        return Ok(None);
    };
    looked.push(path.display().to_string());
    let text = match input::read_text(&path, input::Kind::Credentials) {
        Ok(text) => text,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let file: File = serde_json::from_str(&text).map_err(|error| {
        // The error's own words could show a value.
        format!("{} is malformed at line {}, column {}", path.display(), error.line(), error.column())
    })?;
    let named =
        profile.map(str::to_owned).or_else(|| environment("ALIBABA_CLOUD_PROFILE")).unwrap_or(file.current);
    let Some(found) = file.profiles.into_iter().find(|candidate| candidate.name == named) else {
        return Ok(None);
    };
    if found.access_key_id.is_empty() || found.access_key_secret.is_empty() {
        return Err(format!(
            "the profile {named} of {} is of the mode {:?}, which has no access key of its own",
            path.display(),
            found.mode
        ));
    }
    let token = Some(found.sts_token).filter(|token| !token.is_empty());
    Ok(Some(Known {
        key: access_key(&found.access_key_id, &found.access_key_secret, token),
        from: format!("{}, profile {named}", path.display()),
        environment: false,
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// A home folder with these files.
    fn home_with(files: &[(&str, &str)]) -> TempDir {
        let home = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let file = home.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        home
    }

    const AWS_FILE: &str = "# mine\n[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key=a/b+c=\\n\n\n[staging]\naws_access_key_id=AKIASTAGING\naws_secret_access_key=s\naws_session_token=t\n[half]\naws_access_key_id=x\n";
    const OSSUTIL: &str = "[Credentials]\nlanguage=EN\naccessKeyID=LTAIUTIL\naccessKeySecret=u\nstsToken=\n[profile dev]\naccessKeyId=LTAIDEV\naccessKeySecret=d\nregion=cn-beijing\n";
    const ALIYUN: &str = r#"{"current":"work","profiles":[{"name":"work","mode":"StsToken","access_key_id":"LTAIWORK","access_key_secret":"w","sts_token":"t"},{"name":"role","mode":"EcsRamRole"}]}"#;

    #[test]
    fn keys_are_found_where_they_usually_are() {
        let home = home_with(&[
            (".aws/credentials", AWS_FILE),
            (".ossutilconfig", OSSUTIL),
            (".aliyun/config.json", ALIYUN),
        ]);
        let only_aliyun = home_with(&[(".aliyun/config.json", ALIYUN)]);
        let broken = home_with(&[
            (".aws/credentials", "secret nonsense\n[x"),
            (".aliyun/config.json", "{\"current\": 1"),
        ]);
        let empty = home_with(&[]);
        type Case<'a> = (&'a TempDir, Dialect, Option<&'a str>, &'a [(&'a str, &'a str)], &'a str);
        let cases: &[Case<'_>] = &[
            (&home, Dialect::S3, None, &[], "AKIADEFAULT a/b+c=\\n - .aws/credentials, [default]"),
            (&home, Dialect::S3, Some("staging"), &[], "AKIASTAGING s t .aws/credentials, [staging]"),
            (
                &home,
                Dialect::S3,
                None,
                &[("AWS_PROFILE", "staging")],
                "AKIASTAGING s t .aws/credentials, [staging]",
            ),
            (
                &home,
                Dialect::S3,
                None,
                &[("AWS_ACCESS_KEY_ID", "i"), ("AWS_SECRET_ACCESS_KEY", "s")],
                "i s - AWS_ACCESS_KEY_ID",
            ),
            (
                &home,
                Dialect::S3,
                Some("staging"),
                &[("AWS_ACCESS_KEY_ID", "i"), ("AWS_SECRET_ACCESS_KEY", "s")],
                "AKIASTAGING s t .aws/credentials, [staging]",
            ),
            (
                &home,
                Dialect::S3,
                Some("staging"),
                &[
                    ("CROSSCHECK_ACCESS_KEY_ID", "c"),
                    ("CROSSCHECK_ACCESS_KEY_SECRET", "s"),
                    ("CROSSCHECK_SECURITY_TOKEN", "t"),
                ],
                "c s t CROSSCHECK_ACCESS_KEY_ID",
            ),
            (
                &home,
                Dialect::S3,
                None,
                &[("AWS_ACCESS_KEY_ID", "i")],
                "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not",
            ),
            (&home, Dialect::S3, Some("half"), &[], "has aws_access_key_id, but no aws_secret_access_key"),
            (&home, Dialect::S3, Some("none"), &[], "looked"),
            (&home, Dialect::Oss, None, &[], "LTAIUTIL u - .ossutilconfig, [Credentials]"),
            (&home, Dialect::Oss, Some("dev"), &[], "LTAIDEV d - .ossutilconfig, [profile dev]"),
            (&home, Dialect::Oss, Some("work"), &[], "LTAIWORK w t .aliyun/config.json, profile work"),
            (&home, Dialect::Oss, Some("role"), &[], "the mode \"EcsRamRole\", which has no access key"),
            (&only_aliyun, Dialect::Oss, None, &[], "LTAIWORK w t .aliyun/config.json, profile work"),
            (
                &home,
                Dialect::Oss,
                None,
                &[("OSS_ACCESS_KEY_ID", "i"), ("OSS_ACCESS_KEY_SECRET", "s"), ("OSS_SESSION_TOKEN", "t")],
                "i s t OSS_ACCESS_KEY_ID",
            ),
            (
                &home,
                Dialect::Oss,
                None,
                &[("ALIBABA_CLOUD_ACCESS_KEY_ID", "i"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s")],
                "i s - ALIBABA_CLOUD_ACCESS_KEY_ID",
            ),
            (&broken, Dialect::S3, None, &[], ".aws/credentials is malformed at line"),
            (&broken, Dialect::Oss, None, &[], ".aliyun/config.json is malformed at line 1"),
            (&empty, Dialect::S3, None, &[], "looked"),
        ];
        for (home, dialect, profile, variables, expected) in cases {
            let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
            let environment = |name: &str| match name {
                "HOME" => Some(home.path().display().to_string()),
                _ => variables.get(name).map(|value| (*value).to_owned()),
            };
            let found = find_credentials(*dialect, *profile, &environment);
            let shown = match &found {
                Credentials::Known(known) => {
                    let key = &known.key;
                    let token = key.token.clone().unwrap_or_else(|| "-".to_owned());
                    // The secret is private to signatures; a signature tells it as well.
                    let secret = ["a/b+c=\\n", "s", "u", "d", "w"]
                        .into_iter()
                        .find(|secret| {
                            let same = AccessKey::new(key.id.clone(), *secret);
                            match &key.token {
                                Some(token) => same.with_token(token.clone()) == *key,
                                None => same == *key,
                            }
                        })
                        .unwrap_or("?");
                    format!("{} {secret} {token} {}", key.id, known.from)
                }
                Credentials::Unknown(_) => "looked".to_owned(),
                Credentials::Broken(why) => why.clone(),
            };
            let place = format!("{}/", home.path().display());
            let shown = shown.replace(&place, "").replace("the environment variable ", "");
            assert!(shown.contains(expected), "{profile:?} {variables:?}: {shown:?} lacks {expected:?}");
            assert!(!shown.contains("nonsense"), "{shown}");
        }
        let environment = |name: &str| (name == "HOME").then(|| home.path().display().to_string());
        assert_eq!(find_region(Dialect::Oss, Some("dev"), &environment).as_deref(), Some("cn-beijing"));
        assert_eq!(find_region(Dialect::S3, None, &environment), None);
    }

    #[test]
    fn an_id_is_shown_in_part() {
        let known = |id: &str| Known { key: AccessKey::new(id, "s"), from: String::new(), environment: true };
        assert_eq!(known("AKIAIOSFODNN7EXAMPLE").shown(), "AKIA…MPLE");
        assert_eq!(known("short").shown(), "***");
    }
}
