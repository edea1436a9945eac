//! Prints what to set in a product so that pages may read:
//!
//! ```text
//! cargo run --example setting -- PRODUCT --origin ORIGIN [--origin ORIGIN …] [--method NAME …]
//!     [--header NAME …] [--expose NAME …] [--credentials] [--max-age SECONDS] [--application-answers]
//! cargo run --example setting -- --applied
//! ```
//!
//! The second form lists the products whose text `scripts/check-cures.sh` applies.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal reads its arguments and prints"
)]

use std::{env, error::Error};

use crosscheck_core::diagnosis::{Grant, Product, Situation, Wanted};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let first = arguments.next().ok_or("expected a product")?;
    if first == "--applied" {
        for product in Product::ALL.iter().filter(|product| product.is_applied()) {
            println!("{}", product.as_str());
        }
        return Ok(());
    }
    let product: Product = first.parse()?;
    let mut grant = Grant::default();
    let mut situation = Situation::default();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("expected a value after {flag}"));
        match flag.as_str() {
            "--origin" => grant.origins.push(value()?),
            "--method" => grant.methods.push(value()?),
            "--header" => grant.headers.push(value()?.to_ascii_lowercase()),
            "--expose" => grant.exposed.push(value()?.to_ascii_lowercase()),
            "--max-age" => grant.max_age = Some(value()?.parse()?),
            "--credentials" => grant.credentials = true,
            "--application-answers" => situation.application_answers = true,
            other => return Err(format!("unknown flag {other}").into()),
        }
    }
    let setting =
        product.setting(&Wanted::Grant(grant), &situation).ok_or("this product cannot grant that")?;
    println!("{}", setting.text);
    eprintln!("{}", setting.replaces);
    for shortfall in setting.shortfalls {
        eprintln!("Note: {shortfall}.");
    }
    Ok(())
}
