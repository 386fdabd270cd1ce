//! Where dependencies come from and under which licences, from what cargo itself knows.
//!
//! It is a small part of what cargo-deny does, at none of its cost. What it leaves out needs the
//! network: whether a version was yanked, and what the advisory database says of it.

use std::{path::Path, process::Command};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// The one place that foreign crates come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Licences under which code may be linked into a program that is Apache-2.0.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct LockFile {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

/// Checks every dependency, those of tests and tools too, and adds what is wrong.
pub(crate) fn check(root: &Path, faults: &mut Vec<String>) -> anyhow::Result<()> {
    let lock = std::fs::read_to_string(root.join("Cargo.lock"))?;
    let lock: LockFile = toml::from_str(&lock).context("Cargo.lock")?;
    faults.extend(lock.package.iter().filter_map(Locked::fault));
    let metadata = metadata(root)?;
    faults.extend(metadata.packages.iter().filter_map(Package::fault));
    Ok(())
}

fn metadata(root: &Path) -> anyhow::Result<Metadata> {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let told = Command::new(program)
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()?;
    if !told.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&told.stderr));
    }
    serde_json::from_slice(&told.stdout).context("cargo metadata")
}

impl Locked {
    fn fault(&self) -> Option<String> {
        let Self { name, version, .. } = self;
        match (self.source.as_deref(), &self.checksum) {
            (None, None) | (Some(REGISTRY), Some(_)) => None,
            (Some(REGISTRY), None) => {
                Some(format!("{name} {version} is locked without a checksum"))
            }
            (Some(other), _) => Some(format!("{name} {version} comes from {other}")),
            (None, Some(_)) => Some(format!("{name} {version} has a checksum and no source")),
        }
    }
}

impl Package {
    fn fault(&self) -> Option<String> {
        let Self { name, version, .. } = self;
        match &self.license {
            None => Some(format!("{name} {version} names no licence")),
            Some(licence) if allows(licence) => None,
            Some(licence) if self.source.is_some() => Some(format!(
                "{name} {version} is under {licence}, which is not among the licences that \
                 xtask/src/dependencies.rs allows"
            )),
            Some(licence) => Some(format!("{name} is our own and under {licence}")),
        }
    }
}

/// Whether an SPDX expression can be met with the licences of the list. A slash is the old way
/// of writing `OR`.
fn allows(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    either(&mut words) == Some(true) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>) -> Option<bool> {
    let mut met = both(words)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= both(words)?;
    }
    Some(met)
}

fn both(words: &mut Words<'_>) -> Option<bool> {
    let mut met = one(words)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words)?;
    }
    Some(met)
}

fn one(words: &mut Words<'_>) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let met = either(words)?;
        return (words.next()? == ")").then_some(met);
    }
    let mut licence = word.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next()?);
    }
    Some(LICENCES.contains(&licence.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_met_by_one_of_its_alternatives_and_all_of_its_parts() {
        let check = |expression, expected| assert_eq!(allows(expression), expected, "{expression}");
        check("MIT", true);
        check("GPL-3.0-only", false);
        check("MIT OR GPL-3.0-only", true);
        check("MIT/GPL-3.0-only", true);
        check("MIT AND GPL-3.0-only", false);
        check("(MIT OR GPL-3.0-only) AND Unicode-3.0", true);
        check("MIT OR Apache-2.0 AND GPL-3.0-only", true);
        check("GPL-3.0-only AND MIT OR GPL-2.0-only", false);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("GPL-2.0-only WITH Classpath-exception-2.0", false);
        check("", false);
        check("MIT OR", false);
        check("(MIT", false);
        check("MIT MIT", false);
    }

    #[test]
    fn a_crate_from_elsewhere_or_without_a_checksum_is_named() {
        let check = |source: Option<&str>, checksum: Option<&str>, expected: Option<&str>| {
            let locked = Locked {
                name: "x".into(),
                version: "1.0.0".into(),
                source: source.map(str::to_owned),
                checksum: checksum.map(str::to_owned),
            };
            assert_eq!(locked.fault().as_deref(), expected);
        };
        check(None, None, None);
        check(Some(REGISTRY), Some("00"), None);
        let git = "git+https://example.invalid/x";
        check(
            Some(git),
            None,
            Some("x 1.0.0 comes from git+https://example.invalid/x"),
        );
        check(
            Some(REGISTRY),
            None,
            Some("x 1.0.0 is locked without a checksum"),
        );
    }
}
