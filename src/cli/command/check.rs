use super::super::{args::CheckArgs, console::Console, exit::Exit, suites};

/// Checks case files and load plans, and shows everything that is wrong with them.
pub(in crate::cli) fn check(args: &CheckArgs, console: &Console) -> Exit {
    let mut loaded = match suites::load(&args.suites, None) {
        Ok(loaded) => loaded,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    #[cfg(feature = "load")]
    {
        if args.suites.is_empty() {
            loaded.plans = crate::shipped::plans();
        }
        for plan in &loaded.plans {
            let found = crate::load::plans::checked(plan).map_or_else(|found| found, |read| read.warnings);
            loaded.diagnostics.extend(found);
        }
    }
    #[cfg(not(feature = "load"))]
    for plan in std::mem::take(&mut loaded.plans) {
        console.note(&format!("{}: this build has no load plans; enable the feature `load`", plan.name));
    }
    console.diagnostics(&loaded.diagnostics);
    let errors = loaded.errors();
    let (files, cases, plans) = (loaded.files, loaded.cases.len(), loaded.plans.len());
    let some = |count: usize, name: &str| match count {
        1 => format!("1 {name}"),
        _ => format!("{count} {name}s"),
    };
    let both = |files: String| match (loaded.files, plans) {
        (_, 0) => files,
        (0, _) => some(plans, "load plan"),
        _ => format!("{files} and {}", some(plans, "load plan")),
    };
    if errors > 0 {
        console.note(&format!("{errors} problem(s) in {}", both(some(files, "case file"))));
        return Exit::Input;
    }
    let what = both(format!("{} with {}", some(files, "case file"), some(cases, "case")));
    let verb = if files + plans == 1 { "is" } else { "are" };
    console.print(&format!("{what} {verb} in order\n"));
    Exit::AsExpected
}
