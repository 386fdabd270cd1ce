//! Writes the generated layer from `model/kms-2014-11-01.json` and `model/overlay.toml`.
//!
//! One module here writes one file there. What it writes is committed; `--check` proves that
//! the committed files are what the model says.

mod api;
mod audit_members;
mod audit_mod;
mod enums;
mod errors;
mod model;
mod model_mod;
mod names;
mod operations;
mod overlay;
mod pattern;
mod recorded;
mod shapes;
mod wire_decode;
mod wire_encode;
mod wire_mod;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};
use proc_macro2::TokenStream;

use api::Api;

const MODEL: &str = "model/kms-2014-11-01.json";
const OVERLAY: &str = "model/overlay.toml";
const RECORDED: &str = "model/recorded.toml";

/// A generated file and the function that writes it.
struct Output {
    path: &'static str,
    generator: &'static str,
    generate: fn(&Api) -> anyhow::Result<TokenStream>,
}

const OUTPUTS: &[Output] = &[
    Output {
        path: "crates/model/src/generated/mod.rs",
        generator: "model_mod",
        generate: model_mod::generate,
    },
    Output {
        path: "crates/model/src/generated/operations.rs",
        generator: "operations",
        generate: operations::generate,
    },
    Output {
        path: "crates/model/src/generated/shapes.rs",
        generator: "shapes",
        generate: shapes::generate,
    },
    Output {
        path: "crates/model/src/generated/enums.rs",
        generator: "enums",
        generate: enums::generate,
    },
    Output {
        path: "crates/model/src/generated/errors.rs",
        generator: "errors",
        generate: errors::generate,
    },
    Output {
        path: "crates/server/src/wire/generated/mod.rs",
        generator: "wire_mod",
        generate: wire_mod::generate,
    },
    Output {
        path: "crates/server/src/wire/generated/decode.rs",
        generator: "wire_decode",
        generate: wire_decode::generate,
    },
    Output {
        path: "crates/server/src/wire/generated/encode.rs",
        generator: "wire_encode",
        generate: wire_encode::generate,
    },
    Output {
        path: "crates/kms/src/audit/generated/mod.rs",
        generator: "audit_mod",
        generate: audit_mod::generate,
    },
    Output {
        path: "crates/kms/src/audit/generated/members.rs",
        generator: "audit_members",
        generate: audit_members::generate,
    },
];

/// Writes the files, or with `check` compares them with what would be written.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the workspace")?;
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
    };
    let api = Api::parse(&read(MODEL)?, &read(OVERLAY)?, &read(RECORDED)?)?;
    let mut stale = Vec::new();
    for output in OUTPUTS {
        let text = (output.generate)(&api)
            .and_then(|tokens| render(output, tokens, root))
            .with_context(|| format!("cannot write {}", output.path))?;
        let path = root.join(output.path);
        let committed = fs::read_to_string(&path).unwrap_or_default();
        if committed == text {
            continue;
        }
        if check {
            stale.push(difference(output.path, &committed, &text));
        } else {
            write(&path, &text)?;
        }
    }
    if !stale.is_empty() {
        bail!(
            "these files are not what the model says; run `cargo xtask codegen`:\n{}",
            stale.join("\n")
        );
    }
    Ok(())
}

fn write(path: &PathBuf, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The text of a generated file: its first line, its module text, and its items with an empty
/// line between them.
fn render(output: &Output, tokens: TokenStream, root: &Path) -> anyhow::Result<String> {
    let mut file: syn::File = syn::parse2(tokens)?;
    let items = std::mem::take(&mut file.items);
    let mut text = format!(
        "// Written from {MODEL} by xtask/src/codegen/{}.rs (`cargo xtask codegen`).\n\
         // What differs from the model is a line in {OVERLAY}. Do not edit.\n\n",
        output.generator
    );
    text.push_str(&prettyplease::unparse(&file));
    let mut previous = Place::Start;
    for item in items {
        let place = Place::of(&item);
        if place != previous || place == Place::Item {
            text.push('\n');
        }
        previous = place;
        let is_impl = matches!(item, syn::Item::Impl(_));
        let item = syn::File {
            shebang: None,
            frontmatter: None,
            attrs: Vec::new(),
            items: vec![item],
        };
        let item = prettyplease::unparse(&item);
        text.push_str(&if is_impl { spaced(&item) } else { item });
    }
    rustfmt(&text, root)
}

/// Where an item stands in a file. An empty line goes between places and between items.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Module,
    StandardImport,
    OtherImport,
    OwnImport,
    Item,
}

impl Place {
    fn of(item: &syn::Item) -> Self {
        match item {
            syn::Item::Mod(module) if module.content.is_none() => Self::Module,
            syn::Item::Use(import) => match &import.tree {
                syn::UseTree::Path(path) if path.ident == "std" => Self::StandardImport,
                syn::UseTree::Path(path) if path.ident == "super" || path.ident == "crate" => {
                    Self::OwnImport
                }
                _ => Self::OtherImport,
            },
            _ => Self::Item,
        }
    }
}

/// Puts an empty line after the constants and functions of an `impl`.
fn spaced(item: &str) -> String {
    let mut text = String::new();
    let mut after_function = false;
    for line in item.lines() {
        if after_function && line != "}" {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
        let constant =
            line == "    ];" || line.starts_with("    pub const ALL") && line.ends_with(';');
        after_function = constant || line == "    }";
    }
    text
}

fn rustfmt(text: &str, root: &Path) -> anyhow::Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt")?;
    let mut input = child.stdin.take().context("rustfmt has an input")?;
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    let written = writer.join();
    ensure!(
        output.status.success(),
        "rustfmt refused the generated code"
    );
    ensure!(
        matches!(written, Ok(Ok(()))),
        "rustfmt did not read its input"
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// What changed in a file: how many lines, and the first of them.
fn difference(path: &str, committed: &str, wanted: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (committed.lines().collect(), wanted.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest_of = |lines: &[&str]| lines.len() - same;
    let backwards = old.iter().rev().zip(new.iter().rev());
    let same_at_end = backwards
        .take(rest_of(&old).min(rest_of(&new)))
        .take_while(|(a, b)| a == b)
        .count();
    let (gone, come) = (rest_of(&old) - same_at_end, rest_of(&new) - same_at_end);
    format!(
        "{path}: line {}, {gone} lines become {come}\n  - {}\n  + {}",
        same + 1,
        old.get(same).unwrap_or(&"(end of file)"),
        new.get(same).unwrap_or(&"(end of file)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_files_are_what_the_model_says() {
        run(true).unwrap();
    }

    #[test]
    fn a_difference_names_the_file_and_the_first_line() {
        assert_eq!(
            difference("f.rs", "a\nb\nd\n", "a\nc\nc\nd\n"),
            "f.rs: line 2, 1 lines become 2\n  - b\n  + c"
        );
    }
}
