use super::super::{args::CheckArgs, console::Console, exit::Exit, suites};

/// Checks case files and shows everything that is wrong with them.
pub(in crate::cli) fn check(args: &CheckArgs, console: &Console) -> Exit {
    let loaded = match suites::load(&args.suites, None) {
        Ok(loaded) => loaded,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    console.diagnostics(&loaded.diagnostics);
    let errors = loaded.errors();
    let (files, cases) = (loaded.files, loaded.cases.len());
    if errors > 0 {
        console.note(&format!("{errors} problem(s) in {files} case file(s)"));
        return Exit::Input;
    }
    console.print(&format!("{files} case files with {cases} cases are in order\n"));
    Exit::AsExpected
}
