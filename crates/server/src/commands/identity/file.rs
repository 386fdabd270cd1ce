//! `strongroom identity apply` and `diff`: from what a file says to the acts that make it so.

use std::{fmt::Write as _, path::Path};

use serde_json::{Value, json};
use strongroom_kms::{
    identities::{Act, DeclaredKind, Outcome},
    seed::{Seed, SeededAccessKey, SeededIdentity},
};
use strongroom_model::AccountId;

use super::{Asker, Place};
use crate::{
    cli::Output,
    commands::{Failure, print},
    seed::{self, Purpose},
};

/// Something that was done, or would be.
struct Step {
    account: AccountId,
    kind: DeclaredKind,
    name: String,
    done: Done,
    /// The secret of an access key that was made.
    secret: Option<Value>,
}

enum Done {
    Created,
    Changed(Vec<String>),
    Removed,
}

/// Makes the stored identities what the file says.
pub(super) fn apply(place: Place, prune: bool, file: &Path) -> Result<(), Failure> {
    let output = place.folder.output;
    let mut steps = Vec::new();
    let carried_out = carry_out(place, prune, file, false, &mut steps);
    // Also when it did not get to its end: a secret is told this once.
    print(&told(&steps, output, false));
    carried_out
}

/// Tells what `apply` would do.
pub(super) fn diff(place: Place, prune: bool, file: &Path) -> Result<(), Failure> {
    let output = place.folder.output;
    let mut steps = Vec::new();
    carry_out(place, prune, file, true, &mut steps).map_err(|failure| failure.with_code(2))?;
    print(&told(&steps, output, true));
    if steps.is_empty() {
        Ok(())
    } else {
        Err(Failure::silent(1))
    }
}

fn carry_out(
    place: Place,
    prune: bool,
    file: &Path,
    dry_run: bool,
    steps: &mut Vec<Step>,
) -> Result<(), Failure> {
    let declared = seed::load(file, Purpose::Identities)?;
    let mut asker = Asker::new(place);
    // A refusal says where in the file it comes from.
    let at = |line: usize| {
        move |failure: Failure| {
            Failure::new(format_args!(
                "{}:{line}: {}",
                file.display(),
                failure.sentence
            ))
        }
    };
    let Seed {
        accounts,
        access_keys,
        mut identities,
        ..
    } = declared;
    if !dry_run {
        for account in &accounts {
            asker
                .act(account.it, Act::CreateAccount)
                .map_err(at(account.line))?;
        }
    }
    let mut named: Vec<(AccountId, DeclaredKind, String)> = identities
        .iter()
        .map(|it| {
            (
                it.account,
                it.identity.kind(),
                it.identity.name().to_owned(),
            )
        })
        .collect();
    named.extend(
        access_keys
            .iter()
            .map(|key| (key.account, DeclaredKind::AccessKey, key.id.to_string())),
    );

    // What is used comes before what uses it.
    identities.sort_by_key(|it| it.identity.turn());
    for SeededIdentity {
        line,
        account,
        identity,
    } in identities
    {
        let (kind, name) = (identity.kind(), identity.name().to_owned());
        let act = Act::Declare { identity, dry_run };
        let answer = asker.act(account, act).map_err(at(line))?;
        note(steps, account, kind, name, answer)?;
    }
    if prune {
        // Before new access keys: a user has two at most.
        remove_unnamed(&mut asker, &accounts, &named, dry_run, steps)?;
    }
    for SeededAccessKey {
        line,
        account,
        user,
        id,
        secret,
        active,
    } in access_keys
    {
        let name = id.to_string();
        let act = Act::DeclareAccessKey {
            user,
            id: name.clone(),
            secret,
            active,
            dry_run,
        };
        let answer = asker.act(account, act).map_err(at(line))?;
        note(steps, account, DeclaredKind::AccessKey, name, answer)?;
    }
    Ok(())
}

/// Notes what became of a declaration, unless it was so already.
fn note(
    steps: &mut Vec<Step>,
    account: AccountId,
    kind: DeclaredKind,
    name: String,
    mut answer: Value,
) -> Result<(), Failure> {
    let secret = answer
        .as_object_mut()
        .and_then(|members| members.remove("SecretAccessKey"));
    let done = match serde_json::from_value(answer)? {
        Outcome::Created => Done::Created,
        Outcome::Changed(what) => Done::Changed(what),
        Outcome::Unchanged => return Ok(()),
    };
    steps.push(Step {
        account,
        kind,
        name,
        done,
        secret,
    });
    Ok(())
}

/// Removes what is stored of the accounts and not named.
fn remove_unnamed(
    asker: &mut Asker,
    accounts: &[strongroom_kms::seed::At<AccountId>],
    named: &[(AccountId, DeclaredKind, String)],
    dry_run: bool,
    steps: &mut Vec<Step>,
) -> Result<(), Failure> {
    for account in accounts.iter().map(|account| account.it) {
        let stored = asker.act(account, Act::Export)?;
        for (kind, name) in stored_names(&stored) {
            let known = named
                .iter()
                .any(|(its, of, other)| (*its, *of) == (account, kind) && other.as_str() == name);
            if known {
                continue;
            }
            if !dry_run {
                let act = Act::Forget {
                    kind,
                    name: name.clone(),
                };
                asker.act(account, act)?;
            }
            steps.push(Step {
                account,
                kind,
                name,
                done: Done::Removed,
                secret: None,
            });
        }
    }
    Ok(())
}

/// What an export names, in the order in which it can be removed.
fn stored_names(stored: &Value) -> Vec<(DeclaredKind, String)> {
    let mut names = Vec::new();
    let members = |name: &str| stored.get(name).and_then(Value::as_object);
    let keys_of = |owner: &Value| {
        let keys = owner.get("access_keys").and_then(Value::as_array);
        let id = |key: &Value| Some(key.get("id")?.as_str()?.to_owned());
        keys.map(|keys| keys.iter().filter_map(id).collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let users = members("users");
    let owners = users.into_iter().flat_map(|users| users.values());
    for owner in owners.chain(stored.get("root")) {
        names.extend(
            keys_of(owner)
                .into_iter()
                .map(|id| (DeclaredKind::AccessKey, id)),
        );
    }
    for (kind, list) in [
        (DeclaredKind::User, users),
        (DeclaredKind::Group, members("groups")),
        (DeclaredKind::Role, members("roles")),
        (DeclaredKind::Policy, members("policies")),
    ] {
        let all = list.into_iter().flat_map(|all| all.keys());
        names.extend(all.map(|name| (kind, name.clone())));
    }
    let providers = stored.get("oidc_providers").and_then(Value::as_array);
    let url = |provider: &Value| {
        let url = provider.get("url")?.as_str()?;
        Some(url.strip_prefix("https://")?.to_owned())
    };
    let urls = providers.into_iter().flatten().filter_map(url);
    names.extend(urls.map(|url| (DeclaredKind::OidcProvider, url)));
    names
}

/// The steps for people or as JSON.
fn told(steps: &[Step], output: Output, dry_run: bool) -> String {
    if output == Output::Json {
        let changes: Vec<Value> = steps.iter().map(step_told).collect();
        return format!("{:#}\n", json!({ "changes": changes }));
    }
    let mut text = String::new();
    for step in steps {
        let Step {
            account,
            kind,
            name,
            done,
            secret,
        } = step;
        let kind = kind.name();
        let (sign, word, what) = match done {
            Done::Created => ("+", "created", String::new()),
            Done::Changed(what) => ("~", "changed", format!(": {}", what.join(", "))),
            Done::Removed => ("-", "removed", String::new()),
        };
        let word = if dry_run { sign } else { word };
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "{word} {account} {kind} {name}{what}");
        if let Some(secret) = secret.as_ref().and_then(Value::as_str) {
            let _infallible = writeln!(
                text,
                "    secret_access_key: {secret}\n    (shown this once, and stored sealed)"
            );
        }
    }
    text
}

fn step_told(step: &Step) -> Value {
    let (change, what) = match &step.done {
        Done::Created => ("created", None),
        Done::Changed(what) => ("changed", Some(what)),
        Done::Removed => ("removed", None),
    };
    let mut told = json!({
        "account": step.account,
        "kind": step.kind.name(),
        "name": step.name,
        "change": change,
    });
    if let Some(members) = told.as_object_mut() {
        if let Some(what) = what {
            members.insert("what".to_owned(), json!(what));
        }
        if let Some(secret) = &step.secret {
            members.insert("secret_access_key".to_owned(), secret.clone());
        }
    }
    told
}
