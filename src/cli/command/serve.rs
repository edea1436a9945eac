use std::fmt::Write;

use super::super::{args::ServeArgs, console::Console, exit::Exit, signal};
use crate::{
    diagnostic::Diagnostic,
    reference::{self, Fault, ServeConfig, Server},
    vary::Way,
};

/// Serves the reference store until it is interrupted.
pub(in crate::cli) fn serve(args: &ServeArgs, console: &Console) -> Exit {
    if args.faults {
        console.print(&faults());
        return Exit::AsExpected;
    }
    let runtime = match super::run::runtime() {
        Ok(runtime) => runtime,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let dialect = args.vary.map(Way::dialect).unwrap_or_default();
    let config = ServeConfig {
        address: args.listen,
        dialect,
        vary: args.vary,
        fault: args.fault,
        ..ServeConfig::default()
    };
    let up = |server: &Server| {
        console.print(&format!("{}\n", server.url()));
        console.note("the reference store is up; Ctrl-C ends it");
    };
    let served = runtime.block_on(reference::serve(config, up, signal::ended()));
    match served {
        Ok(()) => Exit::AsExpected,
        Err(error) => {
            console.diagnostics(&[Diagnostic::error("serve", error.to_string())
                .help("give another address with --listen ADDR:PORT; port 0 takes a free one")]);
            Exit::CouldNotJudge
        }
    }
}

fn faults() -> String {
    let mut out = String::new();
    for fault in Fault::ALL {
        let _ = writeln!(out, "{:<34} {:<5} {}", fault.name(), fault.id(), fault.about());
    }
    out
}
