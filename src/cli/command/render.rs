#[cfg(feature = "load")]
use super::super::load_reports;
use super::super::{
    args::{RenderArgs, RenderForm},
    console::Console,
    exit::Exit,
    records::{self, Record},
    run_reports::{self, Reported},
};
use crate::{
    diagnostic::{Diagnostic, visible},
    run::{Outcome, comparison, record::RunRecord},
};
#[cfg(feature = "load")]
use crate::{
    load::{
        baseline::{self, Comparison},
        record::LoadRecord,
    },
    report::load,
};

/// Renders the reports of a run again from its record.
pub(in crate::cli) fn render(args: &RenderArgs, console: &Console) -> Exit {
    let Some(first) = args.records.first() else { return Exit::Input };
    let rendered = match records::read(first) {
        Ok(Record::Run(record)) => run(&record, args, console),
        #[cfg(feature = "load")]
        Ok(Record::Load(record)) => of_load(*record, args, console),
        Err(diagnostic) => Err(diagnostic),
    };
    rendered.unwrap_or_else(|diagnostic| console.refuse(&diagnostic))
}

/// That a record has no such report.
fn no_form(args: &RenderArgs, what: &str, form: RenderForm, forms: &[RenderForm]) -> Diagnostic {
    let forms: Vec<&str> = forms.iter().map(|form| form.as_str()).collect();
    let shown = args.records.first().map(|path| path.display().to_string()).unwrap_or_default();
    let message = format!(
        "{} is the record of {what}, which has no report of the form {}",
        visible(&shown),
        form.as_str()
    );
    Diagnostic::error("render.form", message).help(format!("it has: {}", forms.join(", ")))
}

/// The reports of a conformance run.
fn run(record: &RunRecord, args: &RenderArgs, console: &Console) -> Result<Exit, Diagnostic> {
    const WHAT: &str = "a conformance run";
    if args.records.len() > 1 {
        let message = format!("{} records were given, and the first is of {WHAT}", args.records.len());
        return Err(Diagnostic::error("render.records", message).help("render one of them at a time"));
    }
    if args.baseline.len() > 1 {
        let message =
            format!("{} baselines were given, and this is the record of {WHAT}", args.baseline.len());
        return Err(Diagnostic::error("render.baseline", message).help("give one --baseline"));
    }
    let old = args.baseline.first().map(|path| records::read_run(path)).transpose()?;
    let comparison = old.map(|old| comparison::compare(&old, record));
    let outcome = Outcome::of(record, false);
    let reported = Reported { record, outcome, comparison: comparison.as_ref() };
    let style = (console.out_paint(), console.verbose);
    match args.form {
        None => {
            let files = run_reports::write(reported, &args.report_dir)?;
            let text = run_reports::text(RenderForm::Text, reported, style)
                .map_err(|error| Diagnostic::error("report.write", error))?;
            console.print(&text);
            console.print(&format!("reports: {}\n", files.join(", ")));
        }
        Some(form) if !RenderForm::OF_RUNS.contains(&form) => {
            return Err(no_form(args, WHAT, form, RenderForm::OF_RUNS));
        }
        Some(form) => {
            let text = run_reports::text(form, reported, style)
                .map_err(|error| Diagnostic::error("report.write", error))?;
            match form {
                RenderForm::Text => console.print(&text),
                RenderForm::Json | RenderForm::Sarif => console.print_json(text),
                RenderForm::Github => console.print_commands(&text, false),
                _ => console.print_data(text.as_bytes()),
            }
        }
    }
    Ok(outcome.into())
}

/// The reports of a load run, beside a baseline where one is given.
#[cfg(feature = "load")]
fn of_load(first: LoadRecord, args: &RenderArgs, console: &Console) -> Result<Exit, Diagnostic> {
    let read = |paths: &[std::path::PathBuf]| -> Result<Vec<LoadRecord>, Diagnostic> {
        paths.iter().map(|path| records::read_load(path)).collect()
    };
    let mut records = vec![first];
    records.extend(read(args.records.get(1..).unwrap_or_default())?);
    let before = read(&args.baseline)?;
    let comparison = baseline::compare(&before, &records);
    let comparison = comparison.as_ref();
    let Some(record) = records.first() else { return Ok(Exit::Input) };
    match args.form {
        None => {
            let files = load_reports::write(record, comparison, &args.report_dir)?;
            console.print(&load::terminal::render(record, comparison, console.out_paint()));
            console.print(&format!("reports: {}\n", files.join(", ")));
        }
        Some(form) if !RenderForm::OF_LOAD.contains(&form) => {
            return Err(no_form(args, "a load run", form, RenderForm::OF_LOAD));
        }
        Some(form) => {
            let text = load_text(form, record, comparison, console)
                .map_err(|error| Diagnostic::error("report.write", error))?;
            match form {
                RenderForm::Text => console.print(&text),
                RenderForm::Json => console.print_json(text),
                _ => console.print_data(text.as_bytes()),
            }
        }
    }
    Ok(load_reports::exit(record, comparison))
}

/// One report of a load run as text. A form that load runs do not have is empty.
#[cfg(feature = "load")]
fn load_text(
    form: RenderForm,
    record: &LoadRecord,
    comparison: Option<&Comparison>,
    console: &Console,
) -> Result<String, String> {
    Ok(match form {
        RenderForm::Text => load::terminal::render(record, comparison, console.out_paint()),
        RenderForm::Html => load::html::render(record, comparison),
        RenderForm::Markdown => load::markdown::render(record, comparison),
        RenderForm::Csv => load::csv::requests(record),
        RenderForm::CsvSeconds => load::csv::series(record),
        RenderForm::Junit => load::junit::render(record, comparison).map_err(|error| error.to_string())?,
        RenderForm::Json => match comparison {
            Some(comparison) => load::json::comparison(comparison),
            None => load::json::render(record),
        }
        .map_err(|error| error.to_string())?,
        RenderForm::Sarif | RenderForm::Github => String::new(),
    })
}
