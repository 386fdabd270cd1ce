//! `strongroom identity`: who there is, one by one or as a file says.
//!
//! Whatever a command does is an act of the operator's desk, at the running server or in the
//! folder. A whole file is many of them: one for each identity, so each is a change and an entry
//! of its own, and what is refused is refused with its line.

pub(crate) mod cli;
mod document;
mod file;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value, json};
use strongroom_kms::identities::Act;
use strongroom_model::AccountId;
use tokio::runtime::Runtime;

use self::cli::{Asked, IdentityCommand, Place, Single};
use super::{
    Failure,
    house::{self, House},
    print, show,
};
use crate::{
    admin::{self, Desk, Request},
    cli::{Folder, Output},
    seal_source::SealSource,
};

pub(super) fn run(command: IdentityCommand) -> Result<(), Failure> {
    match cli::asked(command)? {
        Asked::Apply { place, prune, file } => file::apply(place, prune, &file),
        Asked::Diff { place, prune, file } => {
            // What `diff` cannot tell is trouble and no difference.
            file::diff(place, prune, &file)
        }
        Asked::Export {
            place,
            accounts,
            file,
        } => export(place, accounts, &file),
        Asked::ListAccounts { place } => {
            let output = place.folder.output;
            let answer = Asker::new(place).ask(Request::ListAccounts)?;
            tell(answer, output);
            Ok(())
        }
        Asked::Single(single) => {
            let Single {
                place,
                account,
                act,
            } = *single;
            let output = place.folder.output;
            let answer = Asker::new(place).act(account, act)?;
            tell(answer, output);
            Ok(())
        }
    }
}

/// Prints an answer of IAM's form: JSON as it is, and for people what is in its one member.
fn tell(answer: Value, output: Output) {
    let answer = match answer {
        Value::Object(members) if output == Output::Text && members.len() == 1 => {
            let only = members.into_iter().next().map(|(_, only)| only);
            match only.unwrap_or_default() {
                Value::Array(items) if items.iter().any(|item| !item.is_object()) => {
                    let lines = items.iter().map(|item| match item {
                        Value::String(text) => format!("{text}\n"),
                        other => format!("{other}\n"),
                    });
                    print(&lines.collect::<String>());
                    return;
                }
                only => only,
            }
        }
        // What was done says nothing more.
        Value::Object(members) if output == Output::Text && members.is_empty() => return,
        answer => answer,
    };
    show(&answer, output);
}

/// Who carries acts out: the running server, or a desk in the folder that is opened when the
/// first of them finds no server.
pub(super) struct Asker {
    folder: Folder,
    seals: Vec<SealSource>,
    here: Option<Here>,
}

/// A data folder that this process holds. Its parts end in this order.
struct Here {
    desk: Desk,
    runtime: Runtime,
    _house: House,
}

impl Asker {
    pub(super) fn new(place: Place) -> Self {
        Self {
            folder: place.folder,
            seals: place.seal,
            here: None,
        }
    }

    fn act(&mut self, account: AccountId, act: Act) -> Result<Value, Failure> {
        self.ask(Request::Identity { account, act })
    }

    pub(super) fn ask(&mut self, request: Request) -> Result<Value, Failure> {
        if self.here.is_none() {
            let answer = admin::ask(&self.folder.data_dir, &request).map_err(Failure::new)?;
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
        let here = match self.here.take() {
            Some(here) => here,
            None => self.open()?,
        };
        let here = self.here.insert(here);
        let performed = here.runtime.block_on(here.desk.perform(request));
        performed.map_err(Failure::new)
    }

    fn open(&self) -> Result<Here, Failure> {
        house::self_test()?;
        let house = House::enter(&self.folder.data_dir)?;
        let runtime = house::runtime()?;
        let (desk, _) = runtime.block_on(house.desk(&self.seals))?;
        Ok(Here {
            desk,
            runtime,
            _house: house,
        })
    }

    /// The accounts that have identities, or access keys of their root.
    fn accounts(&mut self) -> Result<Vec<AccountId>, Failure> {
        let answer = self.ask(Request::ListAccounts)?;
        let all = answer.get("Accounts").and_then(Value::as_array);
        let id = |account: &Value| {
            let id = account.get("AccountId").and_then(Value::as_str)?;
            AccountId::parse(id).ok()
        };
        Ok(all
            .map(|all| all.iter().filter_map(id).collect())
            .unwrap_or_default())
    }
}

/// Writes the identities of accounts as a file that `apply` takes.
fn export(place: Place, accounts: Vec<AccountId>, file: &Path) -> Result<(), Failure> {
    let mut asker = Asker::new(place);
    let accounts = if accounts.is_empty() {
        asker.accounts()?
    } else {
        accounts
    };
    let mut all = BTreeMap::new();
    for account in accounts {
        all.insert(account.to_string(), asker.act(account, Act::Export)?);
    }
    let all: Map<String, Value> = all.into_iter().collect();
    let text = document::yaml(&json!({ "accounts": all }));
    if file == Path::new("-") {
        print(&text);
        return Ok(());
    }
    fs::write(file, text).map_err(|error| {
        Failure::new(format_args!(
            "{} cannot be written: {error}",
            file.display()
        ))
    })
}
