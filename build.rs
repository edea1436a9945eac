//! Gathers the case files and load plans below `suites/` so that the binary carries them.
#![allow(clippy::disallowed_methods, reason = "a build script reads and writes files")]

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=suites");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let suites = root.join("suites");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    carry(&root, &suites, &out.join("suites.rs"))?;
    carry(&root, &suites.join("load"), &out.join("plans.rs"))
}

/// Writes the names and bytes of the files of a folder as an array expression.
fn carry(root: &Path, folder: &Path, out: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    gather(folder, &mut files)?;
    files.sort();
    let mut code = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(root).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", file.to_string_lossy())
            .map_err(io::Error::other)?;
    }
    code.push_str("]\n");
    fs::write(out, code)
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            // Load plans are no suites of cases.
            if !path.ends_with("suites/load") {
                gather(&path, files)?;
            }
        } else if path.extension().is_some_and(|ending| ending == "json")
            && !path.to_string_lossy().ends_with(".schema.json")
        {
            files.push(path);
        }
    }
    Ok(())
}
