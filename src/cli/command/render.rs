use super::super::{
    args::{RenderArgs, RenderForm},
    console::Console,
    exit::Exit,
    load_reports,
};
use crate::{
    diagnostic::Diagnostic,
    load::{
        baseline::{self, Comparison},
        record::LoadRecord,
    },
    report::load as report,
};

/// Makes the reports of a load run anew from its record, beside a baseline where one is given.
pub(in crate::cli) fn render(args: &RenderArgs, console: &Console) -> Exit {
    let read = |paths: &[std::path::PathBuf]| -> Result<Vec<LoadRecord>, Diagnostic> {
        paths.iter().map(|path| load_reports::read(path)).collect()
    };
    let (records, before) = match (read(&args.records), read(&args.baseline)) {
        (Ok(records), Ok(before)) => (records, before),
        (Err(diagnostic), _) | (_, Err(diagnostic)) => return console.refuse(&diagnostic),
    };
    let Some(record) = records.first() else { return Exit::Input };
    let comparison = baseline::compare(&before, &records);
    let comparison = comparison.as_ref();
    let Some(form) = args.form else {
        return match load_reports::write(record, comparison, &args.report_dir) {
            Ok(files) => {
                console.print(&report::terminal::render(record, comparison, console.out_paint()));
                console.print(&format!("reports: {}\n", files.join(", ")));
                load_reports::exit(record, comparison)
            }
            Err(diagnostic) => console.refuse(&diagnostic),
        };
    };
    match text(form, record, comparison, console) {
        Ok(text) => {
            match form {
                RenderForm::Text => console.print(&text),
                RenderForm::Json => console.print_json(text),
                _ => console.print_data(text.as_bytes()),
            }
            load_reports::exit(record, comparison)
        }
        Err(error) => console.refuse(&Diagnostic::error("report.write", error)),
    }
}

fn text(
    form: RenderForm,
    record: &LoadRecord,
    comparison: Option<&Comparison>,
    console: &Console,
) -> Result<String, String> {
    Ok(match form {
        RenderForm::Text => report::terminal::render(record, comparison, console.out_paint()),
        RenderForm::Html => report::html::render(record, comparison),
        RenderForm::Markdown => report::markdown::render(record, comparison),
        RenderForm::Csv => report::csv::requests(record),
        RenderForm::CsvSeconds => report::csv::series(record),
        RenderForm::Junit => report::junit::render(record, comparison).map_err(|error| error.to_string())?,
        RenderForm::Json => match comparison {
            Some(comparison) => report::json::comparison(comparison),
            None => report::json::render(record),
        }
        .map_err(|error| error.to_string())?,
    })
}
