//! `strongroom init`: a data folder for production.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use serde_json::json;
use strongroom_auth::decision::Enforced;
use strongroom_crypto::{Random, seal::SealKey};
use strongroom_kms::{
    Rates, RsaSettings, Settings,
    installation::{self, Profile},
    outside::Outside,
};
use strongroom_store::{DataFolder, Durability, journal::JournalSettings};
use tokio::runtime::Builder;
use zeroize::Zeroizing;

use super::{
    Failure,
    house::{self, House},
    print,
};
use crate::{
    cli::{InitArgs, Output},
    clock::ServiceClock,
    config::DOMAIN_KEY_DAYS,
};

pub(super) fn run(args: &InitArgs) -> Result<(), Failure> {
    house::self_test()?;
    let path = &args.data_dir;
    if path.join("store.sqlite").exists() {
        return Err(Failure::new(format_args!(
            "{} holds a store already; nothing was changed. Name another folder with --data-dir",
            path.display()
        )));
    }
    let folder = DataFolder::hold(path)?;
    // A folder that was there before may be open to others.
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    let random = Random::system();
    let mut keys = Vec::with_capacity(args.seal.len());
    for source in &args.seal {
        keys.push(source.read_new(path, &random)?.key()?);
    }
    let house = House::open(folder)?;
    // No worker threads: nothing here is done at the same time.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(make(&house, &keys, args))
}

async fn make(house: &House, keys: &[SealKey], args: &InitArgs) -> Result<(), Failure> {
    let backend = Arc::clone(&house.backend);
    let sealed = installation::create(backend, keys, Random::system()).await?;
    let first = keys
        .first()
        .ok_or_else(|| Failure::usage("a seal is needed: --seal"))?;
    let unsealed = sealed.unseal(first, Random::system(), false).await?;
    let journal = house.journal(JournalSettings::of(Durability::Strict))?;
    let settings = Settings {
        managed_services: Vec::new(),
        sm2_everywhere: false,
        rsa: RsaSettings::WITHOUT_POOL,
        authorizer: Box::new(Enforced),
        clock: Arc::new(ServiceClock::default()),
        attestation: None,
        domain_key_days: DOMAIN_KEY_DAYS,
        regions: Vec::new(),
        outside: Outside::nothing(),
        rates: Rates::off(),
    };
    let service = unsealed.serve(Arc::clone(&journal), settings).await?;
    let (id, secret) = service.create_root_access_key(args.account).await?;
    let seals = service.seals().await?;
    // Last, so that a folder with a profile is complete.
    let profile = Profile {
        development: false,
        account: args.account,
        regions: args.region.clone(),
    };
    service.set_profile(&profile).await?;
    journal.flush().await?;

    // The one time that a secret is printed.
    let text = match args.output {
        Output::Json => {
            let members = json!({
                "access_key_id": id.as_str(),
                "account": args.account,
                "data_dir": absolute(&args.data_dir),
                "seals": seals,
            });
            let rest = members.to_string();
            let rest = rest.strip_prefix('{').unwrap_or_default();
            // Generated secrets are base64 and need no escapes.
            Zeroizing::new(format!(
                "{{\"secret_access_key\":\"{}\",{rest}\n",
                secret.expose()
            ))
        }
        Output::Text => Zeroizing::new(format!(
            "data folder: {}\naccount: {}\naccess_key_id: {id}\nsecret_access_key: {}\n\n\
             This is the only time that the secret access key is shown. Keep the keys of the \
             seals apart from the data folder.\n",
            absolute(&args.data_dir),
            args.account,
            secret.expose(),
        )),
    };
    print(&text);
    Ok(())
}

fn absolute(path: &Path) -> String {
    path.canonicalize()
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}
