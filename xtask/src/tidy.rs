//! House rules that the compiler and clippy cannot check.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::dependencies;

/// What a file under `operations/` may not name: back ends, headers, ciphers.
const FORBIDDEN_IN_OPERATIONS: &[&str] = &[
    "rusqlite",
    "hyper",
    "aws_lc_rs",
    "http::",
    "Embedded",
    "Backend",
    "serde_json",
];

/// Checks every rule and reports all that is broken at once.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    let sources = rust_files(&root.join("crates"))?;
    operations_stay_in_their_room(root, &sources, &mut faults)?;
    callers_of_expose_are_listed(root, &sources, &mut faults)?;
    unsafe_stays_in_its_modules(root, &sources, &mut faults)?;
    dependencies::check(root, &mut faults)?;
    if faults.is_empty() {
        return Ok(());
    }
    bail!(
        "{} house rules are broken:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

fn operations_stay_in_their_room(
    root: &Path,
    sources: &[PathBuf],
    faults: &mut Vec<String>,
) -> anyhow::Result<()> {
    let operations = root.join("crates/kms/src/operations");
    for path in sources.iter().filter(|path| path.starts_with(&operations)) {
        let text = fs::read_to_string(path)?;
        for word in FORBIDDEN_IN_OPERATIONS {
            if text.contains(word) {
                faults.push(format!("{} names `{word}`", relative(root, path)));
            }
        }
    }
    Ok(())
}

/// `SECURITY.md` lists, in backquotes, each file outside tests that calls `expose`.
fn callers_of_expose_are_listed(
    root: &Path,
    sources: &[PathBuf],
    faults: &mut Vec<String>,
) -> anyhow::Result<()> {
    let page = fs::read_to_string(root.join("SECURITY.md")).context("SECURITY.md")?;
    let mut callers = BTreeSet::new();
    for path in sources {
        let text = fs::read_to_string(path)?;
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let in_tests = path.components().any(|part| part.as_os_str() == "tests")
            || path
                .file_name()
                .is_some_and(|name| name == "tests.rs" || name == "testing.rs");
        if !in_tests && product.contains(".expose()") {
            callers.insert(relative(root, path));
        }
    }
    for caller in callers {
        if !page.contains(&format!("`{caller}`")) {
            faults.push(format!(
                "{caller} calls `expose` and SECURITY.md does not list it"
            ));
        }
    }
    Ok(())
}

fn unsafe_stays_in_its_modules(
    root: &Path,
    sources: &[PathBuf],
    faults: &mut Vec<String>,
) -> anyhow::Result<()> {
    const ALLOWED: &[&str] = &[
        "crates/crypto/src/ffi.rs",
        "crates/crypto/src/heap.rs",
        "crates/crypto/src/memory.rs",
        "crates/crypto/src/process.rs",
    ];
    for path in sources {
        let name = relative(root, path);
        if fs::read_to_string(path)?.contains("unsafe {") && !ALLOWED.contains(&name.as_str()) {
            faults.push(format!("{name} has unsafe code"));
        }
    }
    Ok(())
}

fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
