//! `strongroom seal` and `strongroom root-key`: the acts of the operator on the seals.

use std::sync::Arc;

use serde_json::{Value, json};
use strongroom_crypto::Random;
use strongroom_kms::installation::SealInfo;

use super::{
    Failure,
    house::{self, House},
    show,
};
use crate::{
    admin::{self, Request, WireSeal},
    cli::{Folder, SealCommand},
    seal_source::SealSource,
};

pub(super) fn run(command: SealCommand) -> Result<(), Failure> {
    match command {
        SealCommand::List { folder } => list(&folder),
        SealCommand::Add { folder, new, seal } => {
            entered(&folder)?;
            let secret = new.read_new(&folder.data_dir, &Random::system())?;
            carry_out(&folder, Request::SealAdd { new: secret.into() }, &seal)
        }
        SealCommand::Remove { folder, id, seal } => {
            carry_out(&folder, Request::SealRemove { id }, &seal)
        }
        SealCommand::Verify { folder, seal } => {
            entered(&folder)?;
            verify(&folder, &seal)
        }
    }
}

pub(super) fn rotate(folder: &Folder, seals: &[SealSource]) -> Result<(), Failure> {
    entered(folder)?;
    let request = Request::RootKeyRotate {
        seals: read(folder, seals)?,
    };
    carry_out(folder, request, seals)
}

/// Refuses a folder without a store before anybody is asked for a passphrase.
fn entered(folder: &Folder) -> Result<(), Failure> {
    if admin::is_socket(&folder.data_dir) || folder.data_dir.join("store.sqlite").exists() {
        return Ok(());
    }
    House::enter(&folder.data_dir).map(|_| ())
}

fn read(folder: &Folder, seals: &[SealSource]) -> Result<Vec<WireSeal>, Failure> {
    let read = |source| Ok(house::read_key(source, &folder.data_dir)?.into());
    seals.iter().map(read).collect()
}

/// Asks the running server, or opens the store with one of `seals` and does it here.
pub(super) fn carry_out(
    folder: &Folder,
    request: Request,
    seals: &[SealSource],
) -> Result<(), Failure> {
    let answer = match admin::ask(&folder.data_dir, &request).map_err(Failure::new)? {
        Some(answer) => answer,
        None => {
            house::self_test()?;
            let house = House::enter(&folder.data_dir)?;
            let runtime = house::runtime()?;
            runtime.block_on(async {
                let (desk, _) = house.desk(seals).await?;
                desk.perform(request).await.map_err(Failure::new)
            })?
        }
    };
    show(&answer, folder.output);
    Ok(())
}

/// Which seals there are is no secret: the list needs no key.
fn list(folder: &Folder) -> Result<(), Failure> {
    let answer = match admin::ask(&folder.data_dir, &Request::SealList).map_err(Failure::new)? {
        Some(answer) => answer,
        None => {
            let house = House::enter(&folder.data_dir)?;
            let sealed = house::runtime()?.block_on(house.sealed())?;
            let seals: Vec<SealInfo> = sealed.seals().iter().map(SealInfo::from).collect();
            json!(seals)
        }
    };
    show(&answer, folder.output);
    Ok(())
}

/// Trying keys opens nothing, so it needs no other key either.
fn verify(folder: &Folder, seals: &[SealSource]) -> Result<(), Failure> {
    let request = Request::SealVerify {
        seals: read(folder, seals)?,
    };
    let answer = match admin::ask(&folder.data_dir, &request).map_err(Failure::new)? {
        Some(answer) => answer,
        None => {
            house::self_test()?;
            let house = House::enter(&folder.data_dir)?;
            let sealed = Arc::new(house::runtime()?.block_on(house.sealed())?);
            let mut opened = Vec::with_capacity(seals.len());
            for source in seals {
                let key = house::read_key(source, &folder.data_dir)?.key()?;
                let kind = key.kind().name();
                let id = sealed
                    .verify(&key)
                    .map_err(|error| Failure::new(format_args!("{source}: {error}")))?;
                opened.push(json!({ "id": id, "type": kind }));
            }
            Value::Array(opened)
        }
    };
    show(&answer, folder.output);
    Ok(())
}
