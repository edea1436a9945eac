use std::borrow::Cow;

use super::{
    model::{Case, Each, Row},
    strings, template,
};

/// The case with the values of one of its rows, and without its table.
pub(super) fn with_row(case: &Case, row: &Row) -> Case {
    let mut case = Case { each: Each::default(), ..case.clone() };
    if let Some(title) = &row.title {
        case.title.clone_from(title);
    }
    if let (Some(expect), Some(request)) = (&row.expect, case.requests.values_mut().next()) {
        request.expect.clone_from(expect);
    }
    strings::visit(&mut case, &mut |_, text| {
        *text = template::fill(text, |name| row.with.get(name).map(|value| Cow::Borrowed(value.as_str())));
    });
    case
}
