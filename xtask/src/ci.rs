//! Everything that CI runs, in the order in which a fault is found soonest.
//!
//! The same command runs on a fresh machine: what the tests need is installed here, Python
//! packages into a virtual environment of the project and Debian packages (Python, and the
//! toolchains of clients in other languages) where `apt-get` and the rights to use it are at hand.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context as _, bail};

use crate::{codegen, tidy};

/// One part: its name and what it does in the workspace's folder.
type Part = (&'static str, fn(&Path) -> anyhow::Result<()>);

/// Runs one part, or all of them.
pub(crate) fn run(only: Option<&str>) -> anyhow::Result<()> {
    let root = root();
    let parts: &[Part] = &[
        ("format", |root| {
            cargo(root, &["fmt", "--all", "--check"], &[])
        }),
        ("codegen", |_| codegen::run(true)),
        ("tidy", tidy::run),
        ("clippy", |root| {
            cargo(
                root,
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "-D",
                    "warnings",
                ],
                &[],
            )
        }),
        ("unit", |root| {
            cargo(root, &["test", "--workspace", "--no-fail-fast"], &[])
        }),
        ("documentation", |root| {
            let warnings = [("RUSTDOCFLAGS", "-D warnings")];
            cargo(
                root,
                &["doc", "--workspace", "--no-deps", "--quiet"],
                &warnings,
            )
        }),
        ("release", |root| {
            cargo(
                root,
                &["build", "--release", "--package", "strongroom"],
                &[],
            )
        }),
        ("conformance", conformance),
    ];
    if let Some(name) = only
        && parts.iter().all(|(part, _)| *part != name)
    {
        let names: Vec<_> = parts.iter().map(|(part, _)| *part).collect();
        bail!(
            "there is no part {name}; the parts are {}",
            names.join(", ")
        );
    }
    for (name, part) in parts
        .iter()
        .filter(|(part, _)| only.is_none_or(|only| only == *part))
    {
        say(&format!("== {name}"));
        let begun = Instant::now();
        part(&root).with_context(|| format!("the part `{name}` failed"))?;
        say(&format!("== {name}: {} s", begun.elapsed().as_secs()));
    }
    Ok(())
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// Real AWS clients against the release build.
fn conformance(root: &Path) -> anyhow::Result<()> {
    let python = virtual_environment(root)?;
    toolchains();
    pkcs11_token()?;
    let mut tests = Command::new(python);
    tests
        .current_dir(root)
        .args([
            "-m",
            "pytest",
            "-q",
            "--durations=10",
            // Names the clients that had to be left out, and why.
            "-rs",
            "tests/conformance",
            "tests/interop",
        ])
        .env("STRONGROOM_BIN", root.join("target/release/strongroom"));
    succeed(&mut tests)
}

/// The Python of the project's virtual environment, with the packages that the tests need.
fn virtual_environment(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join(".venv");
    let python = folder.join("bin/python");
    if !python.exists() {
        let make = || {
            let mut make = Command::new("python3");
            make.current_dir(root).args(["-m", "venv", ".venv"]);
            succeed(&mut make)
        };
        if make().is_err() {
            debian_packages(&["python3", "python3-venv"])?;
            make()?;
        }
    }
    let requirements = root.join("tests/requirements.txt");
    let installed = folder.join("installed-requirements.txt");
    let wanted = std::fs::read(&requirements)?;
    if std::fs::read(&installed).ok().as_deref() != Some(&wanted) {
        let mut install = Command::new(&python);
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ]);
        succeed(install.arg(&requirements))?;
        std::fs::write(&installed, &wanted)?;
    }
    Ok(python)
}

/// Installs what the clients in other languages are built with, where it is missing and can be had.
///
/// Without a toolchain the tests of its clients are skipped, and say so.
fn toolchains() {
    let missing: Vec<_> = [
        ("node", "nodejs"),
        ("npm", "npm"),
        ("go", "golang-go"),
        ("javac", "default-jdk-headless"),
        ("mvn", "maven"),
    ]
    .into_iter()
    .filter(|(program, _)| !on_path(program))
    .collect();
    for (program, package) in missing {
        if let Err(error) = debian_packages(&[package]) {
            say(&format!("`{program}` could not be installed: {error:#}"));
        }
    }
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

/// The PKCS#11 token that stands for a hardware module.
fn pkcs11_token() -> anyhow::Result<()> {
    if on_path("softhsm2-util") {
        return Ok(());
    }
    debian_packages(&["softhsm2"])
}

fn debian_packages(names: &[&str]) -> anyhow::Result<()> {
    let mut update = Command::new("apt-get");
    succeed(update.args(["update", "-q"]))?;
    let mut install = Command::new("apt-get");
    succeed(
        install
            .args(["install", "-q", "-y", "--no-install-recommends"])
            .args(names),
    )
}

fn cargo(root: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<()> {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(program);
    succeed(
        command
            .current_dir(root)
            .args(arguments)
            .envs(environment.iter().copied()),
    )
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} could not be started"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "progress of a command that a person runs"
)]
fn say(line: &str) {
    println!("{line}");
}
