//! Roads that do not exist: what an operation must not be able to write does not compile.
//!
//! The types that keep the roads closed are private to the crate, so each case is an operation
//! of its own, planted among the real ones in a copy of the crate's source. The compiler judges
//! each against the dependencies that cargo just built for this crate.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails where it goes wrong"
)]

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// Names that the planted operations use.
const NAMES: &str = r"
use std::marker::PhantomData;
use crate::{
    audit::{Entry, Recorded, Reply}, call::{Alias, AliasSet, Attempt, Authorized, Call, Found, Key, Permitted},
    change::Change, error::KmsError, material::Material, shelves::Committed, uses,
};
use strongroom_crypto::CiphertextHeader;
use strongroom_model::{EncryptionContext, Plaintext, Timestamp, enums::EncryptionAlgorithmSpec, operations::Output};
";

/// What an operation may do, in the same words as the cases below: it has to compile, or the
/// cases would fail for reasons of their own.
const ALLOWED: &str = r#"
async fn looks_up_permits_and_uses(call: &Call<'_>, text: &Plaintext) -> Attempt<Vec<u8>> {
    let found = call.find_key_or_alias("alias/app").await?;
    let key = call.permit::<uses::Encrypt>(found).await?.usable()?;
    let material = call.material(&key).await?;
    Ok(material.seal(EncryptionAlgorithmSpec::SymmetricDefault, text, None).await?)
}
fn moves(
    alias: &Permitted<Alias, uses::UpdateAlias>,
    current: (&Authorized<Key, uses::UpdateAliasFrom>, &AliasSet),
    target: (&Authorized<Key, uses::UpdateAliasTo>, &AliasSet),
    now: Timestamp,
) -> Result<Change, KmsError> {
    Change::update_alias(alias, current, target, now)
}
"#;

/// What an operation might try, the error that it meets, and the planted source.
const CASES: &[(&str, &str, &str)] = &[
    (
        "the two keys of UpdateAlias exchanged",
        "E0308",
        r"fn moves(
            alias: &Permitted<Alias, uses::UpdateAlias>,
            current: (&Authorized<Key, uses::UpdateAliasFrom>, &AliasSet),
            target: (&Authorized<Key, uses::UpdateAliasTo>, &AliasSet),
            now: Timestamp,
        ) -> Result<Change, KmsError> {
            Change::update_alias(alias, target, current, now)
        }",
    ),
    (
        "an alias moved with permission for another use of the key",
        "E0308",
        r"fn moves(
            alias: &Permitted<Alias, uses::UpdateAlias>,
            current: (&Authorized<Key, uses::UpdateAliasFrom>, &AliasSet),
            target: (&Authorized<Key, uses::CreateAliasTo>, &AliasSet),
            now: Timestamp,
        ) -> Result<Change, KmsError> {
            Change::update_alias(alias, current, target, now)
        }",
    ),
    (
        "an alias moved whose own use was not permitted",
        "E0308",
        r"fn moves(
            alias: &Permitted<Alias, uses::DeleteAlias>,
            current: (&Authorized<Key, uses::UpdateAliasFrom>, &AliasSet),
            target: (&Authorized<Key, uses::UpdateAliasTo>, &AliasSet),
            now: Timestamp,
        ) -> Result<Change, KmsError> {
            Change::update_alias(alias, current, target, now)
        }",
    ),
    (
        "a key changed that was permitted and whose state was not weighed",
        "E0308",
        r"fn changes(key: &Permitted<Key, uses::DisableKey>) -> Result<Change, KmsError> {
            Change::key(key, key.record())
        }",
    ),
    (
        "a key used that was only found",
        "E0308",
        r"async fn uses_it(call: &Call<'_>, key: Found<Key>) -> Attempt<()> {
            call.material::<uses::Encrypt>(&key).await?;
            Ok(())
        }",
    ),
    (
        "the state of a key weighed before permission",
        "E0599",
        r"fn weighs(key: Found<Key>) { let _ = key.usable(); }",
    ),
    (
        "material of a key whose state was not weighed",
        "E0308",
        r"async fn uses_it(call: &Call<'_>, key: &Permitted<Key, uses::Encrypt>) -> Attempt<()> {
            call.material(key).await?;
            Ok(())
        }",
    ),
    (
        "encrypting by permission to describe the key",
        "E0599",
        r"async fn uses_it(
            call: &Call<'_>, key: &Authorized<Key, uses::DescribeKey>, text: &Plaintext,
        ) -> Attempt<()> {
            let material = call.material(key).await?;
            let _ = material.seal(EncryptionAlgorithmSpec::SymmetricDefault, text, None);
            Ok(())
        }",
    ),
    (
        "material that a dry run does not stop, to encrypt with",
        "E0277",
        r"async fn uses_it(call: &Call<'_>, key: &Authorized<Key, uses::Encrypt>) -> Attempt<()> {
            call.material_to_judge(key).await?;
            Ok(())
        }",
    ),
    (
        "the material of a ciphertext by permission to encrypt",
        "E0277",
        r"async fn uses_it(
            call: &Call<'_>, key: &Authorized<Key, uses::Encrypt>, header: &CiphertextHeader,
        ) -> Attempt<()> {
            call.material_of(key, Some(header)).await?;
            Ok(())
        }",
    ),
    (
        "decrypting with material for encryption",
        "E0599",
        r"fn opens(material: &Material<'_, uses::Encrypt>, blob: &[u8]) {
            let _ = material.open(EncryptionAlgorithmSpec::SymmetricDefault, blob, None);
        }",
    ),
    (
        "encrypting with material for decryption",
        "E0599",
        r"fn seals(material: &Material<'_, uses::Decrypt>, text: &Plaintext) {
            let _ = material.seal(EncryptionAlgorithmSpec::SymmetricDefault, text, None);
        }",
    ),
    (
        "the key within a material",
        "E0616",
        r"fn takes(material: &Material<'_, uses::Encrypt>) { let _ = &material.loaded; }",
    ),
    (
        "an authorization made by hand",
        "E0451",
        r"fn makes(resource: Key) -> Authorized<Key, uses::Encrypt> {
            Authorized { resource, used_for: PhantomData }
        }",
    ),
    (
        "an authorization copied for a later use",
        "E0277",
        r"fn copies(key: &Authorized<Key, uses::Encrypt>) -> Authorized<Key, uses::Encrypt> {
            Clone::clone(key)
        }",
    ),
    (
        "an authorization for one use taken for another",
        "E0308",
        r"fn takes(key: Authorized<Key, uses::DescribeKey>) -> Authorized<Key, uses::Decrypt> { key }",
    ),
    (
        "a permission made by hand",
        "E0451",
        r"fn makes(call: &Call<'_>, resource: Key) -> Permitted<Key, uses::Encrypt> {
            Permitted { resource, operation: call.operation(), used_for: PhantomData }
        }",
    ),
    (
        "a permission read as the key that it is for, and passed on as one",
        "E0507",
        r"fn takes(key: Permitted<Key, uses::Encrypt>) -> Found<Key> { Found::Here(*key) }",
    ),
    (
        "the record of a key changed in place",
        "E0596",
        r"fn changes(key: &mut Authorized<Key, uses::DisableKey>) { key.record().tags.clear(); }",
    ),
    (
        "the decision left out",
        "E0624",
        r"fn makes(call: &Call<'_>, key: Key) -> Permitted<Key, uses::Encrypt> { call.permitted(key) }",
    ),
    (
        "the entry of the call, taken out of it",
        "E0616",
        r"fn takes<'c>(call: &'c Call<'_>) -> &'c Entry { call.entry }",
    ),
    (
        "a reply without a record of the call",
        "E0061",
        r"fn replies(entry: &Entry, output: Output) -> Reply { Reply::closed(entry, Ok(output)) }",
    ),
    (
        "a reply made by hand",
        "E0451",
        r"fn replies(entry: &Entry, output: Output) -> Reply {
            Reply { request_id: entry.request_id(), outcome: Ok(output) }
        }",
    ),
    (
        "the proof of a record made by hand",
        "E0423",
        r"fn proves() -> Recorded { Recorded(()) }",
    ),
    (
        "a change said to be committed that was not",
        "E0451",
        r"fn claims(committed: Committed) -> Committed { Committed { entries: Vec::new(), ..committed } }",
    ),
    (
        "the journal of the service",
        "E0616",
        r"fn takes(call: &Call<'_>) { let _ = &call.service().journal; }",
    ),
];

#[test]
fn what_an_operation_must_not_write_does_not_compile() {
    let bench = Bench::new();
    let met = bench.compile(&[ALLOWED]);
    assert_eq!(met, [BTreeSet::new()], "what is allowed does not compile");

    // Most errors are found side by side. An earlier one can keep the compiler from looking for
    // others, so a case that met nothing in company is compiled alone.
    let sources: Vec<&str> = CASES.iter().map(|(.., source)| *source).collect();
    for ((what, expected, source), met) in CASES.iter().zip(bench.compile(&sources)) {
        let expected = BTreeSet::from([(*expected).to_owned()]);
        if met != expected {
            assert_eq!(bench.compile(&[source]), [expected], "{what}");
        }
    }
}

/// The compiler, a copy of the source to plant in, and the dependencies to compile against.
struct Bench {
    folder: tempfile::TempDir,
    dependencies: PathBuf,
    externs: Vec<String>,
    /// The module that holds the operations, as it is.
    operations: String,
}

impl Bench {
    fn new() -> Self {
        // Where cargo put the program that this is, and what it was built from.
        let program = std::env::current_exe().unwrap();
        let dependencies = program.parent().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        copy(&package().join("src"), folder.path());
        Self {
            externs: externs(&dependencies),
            operations: fs::read_to_string(folder.path().join("operations/mod.rs")).unwrap(),
            folder,
            dependencies,
        }
    }

    /// Compiles the crate with these operations in it, and gives the codes of the errors that
    /// each of them met.
    fn compile(&self, planted: &[&str]) -> Vec<BTreeSet<String>> {
        let operations = self.folder.path().join("operations");
        let mut module = self.operations.clone();
        let files: Vec<PathBuf> = (0..planted.len())
            .map(|at| operations.join(format!("planted_{at}.rs")))
            .collect();
        for (at, (file, source)) in files.iter().zip(planted).enumerate() {
            writeln!(module, "mod planted_{at};").unwrap();
            fs::write(file, format!("{NAMES}{source}")).unwrap();
        }
        fs::write(operations.join("mod.rs"), module).unwrap();

        let mut met = vec![BTreeSet::new(); planted.len()];
        for (file, code) in self.errors() {
            let at = files.iter().position(|planted| *planted == file);
            let at = at.unwrap_or_else(|| panic!("{code} in {}", file.display()));
            met[at].insert(code);
        }
        met
    }

    /// The file and the code of each error in the crate as it stands.
    fn errors(&self) -> Vec<(PathBuf, String)> {
        let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let compiled = Command::new(compiler)
            .current_dir(package())
            .args(["--edition", "2024", "--crate-type", "lib"])
            .args(["--crate-name", "strongroom_kms", "--emit", "metadata"])
            .args(["--cap-lints", "allow", "--error-format", "json"])
            .arg("-L")
            .arg(format!("dependency={}", self.dependencies.display()))
            .args(&self.externs)
            .arg("-o")
            .arg(self.folder.path().join("out.rmeta"))
            .arg(self.folder.path().join("lib.rs"))
            .output()
            .unwrap();
        let said = String::from_utf8(compiled.stderr).unwrap();
        said.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            // The last one only counts the others, and is about no place.
            .filter(|message| message["level"] == "error" && message["spans"][0].is_object())
            .map(|message| {
                let file = message["spans"][0]["file_name"].as_str().unwrap();
                let code = message["code"]["code"].as_str().unwrap_or("no code");
                (PathBuf::from(file), code.to_owned())
            })
            .collect()
    }
}

/// What the crate depends on, as its newest build names it. Cargo has just made sure that this
/// build is of the source that is here; its metadata names the files that it was built from,
/// where those of other features or older builds may lie beside them.
fn externs(dependencies: &Path) -> Vec<String> {
    let built: Vec<(String, String, PathBuf)> = fs::read_dir(dependencies)
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path
                .file_name()?
                .to_str()?
                .strip_prefix("lib")?
                .strip_suffix(".rmeta")?;
            // What `cargo check` and clippy left has no library beside it.
            if !path.with_extension("rlib").exists() {
                return None;
            }
            let (name, hash) = name.rsplit_once('-')?;
            Some((name.to_owned(), hash.to_owned(), path))
        })
        .collect();
    let written = |path: &PathBuf| {
        fs::metadata(path)
            .unwrap()
            .modified()
            .unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let (.., own) = built
        .iter()
        .filter(|(name, ..)| name == "strongroom_kms")
        .max_by_key(|(.., path)| written(path))
        .unwrap();
    let own = fs::read(own).unwrap();
    let named = |hash: &str| {
        own.windows(hash.len())
            .any(|bytes| bytes == hash.as_bytes())
    };

    let manifest = fs::read_to_string(package().join("Cargo.toml")).unwrap();
    let (_, table) = manifest.split_once("\n[dependencies]\n").unwrap();
    table
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| {
            line.split(['.', ' ', '='])
                .next()
                .filter(|name| !name.is_empty())
        })
        .flat_map(|name| {
            let name = name.replace('-', "_");
            let (.., path) = built
                .iter()
                .find(|(built, hash, _)| *built == name && named(hash))
                .unwrap_or_else(|| panic!("{name} was not built"));
            ["--extern".to_owned(), format!("{name}={}", path.display())]
        })
        .collect()
}

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
