//! The field lines of the CORS protocol, as any server might send them: what is extracted is
//! made of tokens, and what needs a preflight is told in order, once and in lower case.
//!
//! Input: field lines `name: value`, one for each line.
#![no_main]

use crosscheck::{
    fetch::{cors_check, exposed_names, extract_list, lists::extract_max_age, unsafe_request_header_names},
    message::{Fields, Response},
};
use libfuzzer_sys::fuzz_target;

const LISTS: [&str; 3] =
    ["Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers"];

fuzz_target!(|data: &[u8]| {
    let fields = fields(data);
    for name in LISTS {
        if let Ok(Some(members)) = extract_list(name, &fields) {
            let token = |member: &String| {
                !member.is_empty()
                    && member.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&b))
            };
            assert!(members.iter().all(token), "{name}: {members:?}");
        }
    }
    if let Ok(Some(_)) = extract_max_age(&fields) {
        assert_eq!(fields.lines("access-control-max-age").count(), 1);
    }
    let names = unsafe_request_header_names(&fields);
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    assert!(names.iter().all(|name| *name == name.to_ascii_lowercase()), "{names:?}");

    let response = Response { fields, ..Response::new(200) };
    for credentials in [false, true] {
        let allowed = cors_check("https://a.example", credentials, &response).is_ok();
        let value = response.fields.get("access-control-allow-origin");
        let named = value.as_deref() == Some(b"https://a.example");
        assert!(!allowed || named || (!credentials && value.as_deref() == Some(b"*")));
        exposed_names(&response, credentials);
    }
});

fn fields(data: &[u8]) -> Fields {
    data.split(|&b| b == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|&b| b == b':')?;
            let name = String::from_utf8_lossy(line.get(..colon)?).into_owned();
            Some((name, line.get(colon + 1..)?.trim_ascii().to_vec()))
        })
        .collect()
}
