use super::super::{args::CompareArgs, console::Console, exit::Exit, records};
use crate::{
    diagnostic::Diagnostic,
    report,
    run::{comparison, record::RunRecord},
};

/// Compares two runs by their records.
pub(in crate::cli) fn compare(args: &CompareArgs, console: &Console) -> Exit {
    let (old, new) = match (records::read_run(&args.old), records::read_run(&args.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            let problems: Vec<Diagnostic> = [old.err(), new.err()].into_iter().flatten().collect();
            console.diagnostics(&problems);
            return Exit::Input;
        }
    };
    let empty: Vec<Diagnostic> = [(&args.old, &old), (&args.new, &new)]
        .into_iter()
        .filter(|(_, record)| record.judged_nothing())
        .map(|(path, record)| judged_nothing(&path.display().to_string(), record))
        .collect();
    if !empty.is_empty() {
        console.diagnostics(&empty);
        return Exit::CouldNotJudge;
    }
    let comparison = comparison::compare(&old, &new);
    if args.json {
        match serde_json::to_string_pretty(&comparison) {
            Ok(text) => console.print_json(text),
            Err(error) => return console.refuse(&Diagnostic::error("report.write", error.to_string())),
        }
    } else {
        console.print(&report::comparison::render(&comparison, console.out_paint(), console.verbose));
    }
    if comparison.newly_broken.is_empty() { Exit::AsExpected } else { Exit::Regression }
}

/// That a record says nothing of the endpoint, and why.
pub(super) fn judged_nothing(name: &str, record: &RunRecord) -> Diagnostic {
    let why = record.no_success.as_deref().or(record.could_not_judge.as_deref());
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let message = format!("the run of {name} judged nothing{why}");
    Diagnostic::error("record.empty", message).help("compare runs that have verdicts on the endpoint")
}
