//! How often an account may call.
//!
//! Each account has a bucket of tokens for each group of operations and each Region; a call takes
//! one, and a bucket fills at the rate of its group up to what one second brings. A caller pays,
//! whoever owns the key. What a call is charged is read off the request alone, before anything is
//! looked up for it, and a call that finds its bucket empty costs no more than its record.
//!
//! A custom key store has a bucket as well, from which everybody takes who has something
//! encrypted or decrypted in it. Which store that is shows only once the key was found, so it is
//! charged when the outside is about to be asked.
//!
//! AWS: developer guide, "Request quotas"; `operations.md` §9.2, `custody-and-audit.md` §7.6.

use std::{
    collections::BTreeMap,
    str::FromStr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use strongroom_model::{
    AccountId, Region,
    enums::{DataKeyPairSpec, EncryptionAlgorithmSpec, SigningAlgorithmSpec},
    operations::{Input, Operation},
};

use crate::error::KmsError;

/// Accounts, by Region, whose buckets are kept. One that is forgotten begins with full ones.
const ACCOUNTS: usize = 10_000;
/// Custom key stores whose buckets are kept, and of which it is told how often they were asked
/// too often.
const STORES: usize = 1000;
/// What a bucket holds: what this time brings, and one call at least.
const DEPTH: Duration = Duration::from_secs(1);
/// The highest rate that can be said, in calls a second. Ours.
const HIGHEST: u64 = 1_000_000;

/// Calls that share a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateGroup {
    /// Cryptographic operations with symmetric and HMAC keys, and GenerateRandom.
    Symmetric,
    /// Those with RSA keys.
    Rsa,
    /// Those with elliptic curve keys, DeriveSharedSecret too.
    Ecc,
    /// Those with SM2 keys.
    Sm2,
    /// Those with ML-DSA keys.
    MlDsa,
    /// Those with ML-KEM keys.
    MlKem,
    /// What is asked of one custom key store, by anybody.
    KeyStore,
    /// Data key pairs of a spec, with their plaintext and without.
    Pair(DataKeyPairSpec),
    /// An operation by itself.
    Operation(Operation),
}

/// The groups that are neither pairs nor operations.
const SHARED: [RateGroup; 7] = [
    RateGroup::Symmetric,
    RateGroup::Rsa,
    RateGroup::Ecc,
    RateGroup::Sm2,
    RateGroup::MlDsa,
    RateGroup::MlKem,
    RateGroup::KeyStore,
];
const GROUPS: usize = SHARED.len() + DataKeyPairSpec::ALL.len() + Operation::ALL.len();

impl RateGroup {
    fn place(self) -> usize {
        match self {
            Self::Symmetric => 0,
            Self::Rsa => 1,
            Self::Ecc => 2,
            Self::Sm2 => 3,
            Self::MlDsa => 4,
            Self::MlKem => 5,
            Self::KeyStore => 6,
            Self::Pair(spec) => SHARED.len() + spec as usize,
            Self::Operation(operation) => {
                SHARED.len() + DataKeyPairSpec::ALL.len() + operation as usize
            }
        }
    }

    /// All there are, in the order of places.
    fn all() -> impl Iterator<Item = Self> {
        let pairs = DataKeyPairSpec::ALL.iter().copied().map(Self::Pair);
        let operations = Operation::ALL.iter().copied().map(Self::Operation);
        SHARED.into_iter().chain(pairs).chain(operations)
    }

    /// The name, in settings and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "symmetric",
            Self::Rsa => "rsa",
            Self::Ecc => "ecc",
            Self::Sm2 => "sm2",
            Self::MlDsa => "ml-dsa",
            Self::MlKem => "ml-kem",
            Self::KeyStore => "custom-key-store",
            // No operation has the name of a spec.
            Self::Pair(spec) => spec.as_str(),
            Self::Operation(operation) => operation.name(),
        }
    }

    /// Whether calls are ever charged to it: an operation that belongs to a group has no bucket
    /// of its own.
    fn is_charged(self) -> bool {
        match self {
            Self::Operation(operation) => aws(operation).is_some(),
            _ => true,
        }
    }

    /// What AWS allows, in thousandths of calls a second.
    fn aws(self) -> u64 {
        1000 * match self {
            Self::Symmetric => 10_000,
            Self::Rsa | Self::Ecc | Self::MlDsa => 1000,
            // AWS says nothing of ML-KEM; like the others of its age.
            Self::MlKem => 1000,
            Self::KeyStore => 1800,
            Self::Sm2 => 300,
            Self::Pair(spec) => match spec {
                DataKeyPairSpec::Rsa2048 => 20,
                DataKeyPairSpec::Rsa3072 => 4,
                DataKeyPairSpec::Rsa4096 => 1,
                DataKeyPairSpec::Sm2 => 25,
                DataKeyPairSpec::EccNistP256
                | DataKeyPairSpec::EccNistP384
                | DataKeyPairSpec::EccNistP521
                | DataKeyPairSpec::EccSecgP256k1
                | DataKeyPairSpec::EccNistEdwards25519
                | DataKeyPairSpec::MlKem512
                | DataKeyPairSpec::MlKem768
                | DataKeyPairSpec::MlKem1024 => 100,
            },
            Self::Operation(operation) => aws(operation).unwrap_or(0),
        }
    }
}

/// The rate of an operation that has one of its own.
fn aws(operation: Operation) -> Option<u64> {
    Some(match operation {
        Operation::Decapsulate
        | Operation::Decrypt
        | Operation::DeriveSharedSecret
        | Operation::Encapsulate
        | Operation::Encrypt
        | Operation::GenerateDataKey
        | Operation::GenerateDataKeyPair
        | Operation::GenerateDataKeyPairWithoutPlaintext
        | Operation::GenerateDataKeyWithoutPlaintext
        | Operation::GenerateMac
        | Operation::GenerateRandom
        | Operation::ReEncrypt
        | Operation::Sign
        | Operation::Verify
        | Operation::VerifyMac => return None,
        Operation::DescribeKey | Operation::GetPublicKey | Operation::ListResourceTags => 2000,
        Operation::GetKeyPolicy | Operation::GetKeyRotationStatus => 1000,
        Operation::ListAliases | Operation::ListKeys => 500,
        Operation::ListGrants
        | Operation::ListKeyPolicies
        | Operation::ListKeyRotations
        | Operation::ListRetirableGrants => 100,
        Operation::CreateGrant | Operation::RetireGrant | Operation::RevokeGrant => 50,
        Operation::DeleteAlias
        | Operation::DeleteImportedKeyMaterial
        | Operation::EnableKeyRotation
        | Operation::ImportKeyMaterial
        | Operation::PutKeyPolicy
        | Operation::ScheduleKeyDeletion => 15,
        Operation::TagResource => 10,
        Operation::GetParametersForImport => 1,
        Operation::CancelKeyDeletion
        | Operation::ConnectCustomKeyStore
        | Operation::CreateAlias
        | Operation::CreateCustomKeyStore
        | Operation::CreateKey
        | Operation::DeleteCustomKeyStore
        | Operation::DescribeCustomKeyStores
        | Operation::DisableKey
        | Operation::DisableKeyRotation
        | Operation::DisconnectCustomKeyStore
        | Operation::EnableKey
        | Operation::GetKeyLastUsage
        | Operation::ReplicateKey
        | Operation::RotateKeyOnDemand
        | Operation::UntagResource
        | Operation::UpdateAlias
        | Operation::UpdateCustomKeyStore
        | Operation::UpdateKeyDescription
        | Operation::UpdatePrimaryRegion => 5,
    })
}

/// One group's rate, other than the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    group: RateGroup,
    /// Thousandths of calls a second; none is no limit.
    thousandths: Option<u64>,
}

/// Why a text is no [`Rate`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// It is not of that form.
    #[error(
        "a rate is GROUP=N or GROUP=off, with 0.001 to 1000000 calls a second, as in CreateKey=0.5"
    )]
    Form,
    /// There is no such group.
    #[error(
        "there is no group of operations `{0}`; they are symmetric, rsa, ecc, sm2, ml-dsa, \
             ml-kem, custom-key-store, key pair specs such as RSA_2048, and other operations by their names"
    )]
    Group(String),
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (name, number) = text.split_once('=').ok_or(RateError::Form)?;
        let group = RateGroup::all()
            .find(|group| group.name() == name && group.is_charged())
            .ok_or_else(|| RateError::Group(name.to_owned()))?;
        let thousandths = match number {
            "off" => None,
            number => Some(thousandths(number).ok_or(RateError::Form)?),
        };
        Ok(Self { group, thousandths })
    }
}

/// Reads a decimal number with up to three places.
fn thousandths(number: &str) -> Option<u64> {
    let (whole, places) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(places) || places.len() > 3 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let places: u64 = format!("{places:0<3}").parse().ok()?;
    let sum = whole.checked_mul(1000)?.checked_add(places)?;
    (1..=HIGHEST * 1000).contains(&sum).then_some(sum)
}

/// The rate of every group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates(Box<[Limit]>);

/// How often a bucket gives, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit(Option<u64>);

impl Limit {
    fn of(thousandths: u64) -> Self {
        Self(1_000_000_000_000_u64.checked_div(thousandths))
    }
}

impl Rates {
    /// No limits.
    #[must_use]
    pub fn off() -> Self {
        Self(RateGroup::all().map(|_| Limit(None)).collect())
    }

    /// AWS's rates.
    #[must_use]
    pub fn aws() -> Self {
        Self(
            RateGroup::all()
                .map(|group| Limit::of(group.aws()))
                .collect(),
        )
    }

    /// The same, but for one group.
    pub fn set(&mut self, rate: Rate) {
        if let Some(limit) = self.0.get_mut(rate.group.place()) {
            *limit = rate.thousandths.map_or(Limit(None), Limit::of);
        }
    }
}

/// When each bucket will be full again, in nanoseconds since the beginning.
struct Buckets([AtomicU64; GROUPS]);

impl Default for Buckets {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; GROUPS])
    }
}

/// The buckets of all accounts.
pub(crate) struct Throttle {
    rates: Rates,
    on: bool,
    began: Instant,
    accounts: quick_cache::sync::Cache<(AccountId, Region), Arc<Buckets>>,
    /// Of custom key stores, by id.
    stores: quick_cache::sync::Cache<String, Arc<AtomicU64>>,
    refused: Buckets,
    /// The requests to each store that were refused.
    refused_to_stores: Mutex<BTreeMap<String, u64>>,
}

impl Throttle {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            on: rates.0.iter().any(|limit| limit.0.is_some()),
            rates,
            began: Instant::now(),
            accounts: quick_cache::sync::Cache::new(ACCOUNTS),
            stores: quick_cache::sync::Cache::new(STORES),
            refused: Buckets::default(),
            refused_to_stores: Mutex::default(),
        }
    }

    /// Takes what a call costs out of the caller's buckets.
    ///
    /// # Errors
    /// When one of them is empty.
    pub(crate) fn admit(
        &self,
        account: AccountId,
        region: &Region,
        input: &Input,
    ) -> Result<(), KmsError> {
        if !self.on {
            return Ok(());
        }
        let now = self.now();
        let (group, other) = groups(input);
        self.charge(account, region, group, 1, now)?;
        if let Some(other) = other {
            self.charge(account, region, other, 1, now)?;
        }
        // What concerns two Regions is charged in both.
        match input {
            Input::ReplicateKey(input) => {
                if let Ok(region) = Region::parse(&input.replica_region) {
                    let group = RateGroup::Operation(Operation::CreateKey);
                    self.charge(account, &region, group, 2, now)?;
                }
            }
            Input::UpdatePrimaryRegion(input) => {
                if let Ok(there) = Region::parse(&input.primary_region)
                    && there != *region
                {
                    self.charge(account, &there, group, 1, now)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes one request out of the bucket of a custom key store.
    ///
    /// # Errors
    /// When it is empty.
    pub(crate) fn admit_to_store(&self, store: &str) -> Result<(), KmsError> {
        self.charge_store(store, self.now())
    }

    fn charge_store(&self, store: &str, now: u64) -> Result<(), KmsError> {
        let place = RateGroup::KeyStore.place();
        let Some(Limit(Some(interval))) = self.rates.0.get(place) else {
            return Ok(());
        };
        let bucket = match self.stores.get(store) {
            Some(bucket) => bucket,
            None => {
                let made = || Ok::<_, std::convert::Infallible>(Arc::default());
                match self.stores.get_or_insert_with(store, made) {
                    Ok(bucket) => bucket,
                    Err(never) => match never {},
                }
            }
        };
        if take(&bucket, *interval, 1, now) {
            return Ok(());
        }
        let mut refused = self.refused_to_stores();
        if let Some(count) = refused.get_mut(store) {
            *count += 1;
        } else if refused.len() < STORES {
            refused.insert(store.to_owned(), 1);
        }
        drop(refused);
        Err(self.refuse(place))
    }

    fn refused_to_stores(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        let poisoned = PoisonError::into_inner;
        self.refused_to_stores.lock().unwrap_or_else(poisoned)
    }

    /// How many requests to each custom key store were refused.
    pub(crate) fn refused_by_store(&self) -> Vec<(String, u64)> {
        let refused = self.refused_to_stores();
        let each = refused.iter().map(|(store, count)| (store.clone(), *count));
        each.collect()
    }

    /// Nanoseconds since the beginning.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn refuse(&self, place: usize) -> KmsError {
        if let Some(refused) = self.refused.0.get(place) {
            refused.fetch_add(1, Ordering::Relaxed);
        }
        KmsError::throttled()
    }

    fn charge(
        &self,
        account: AccountId,
        region: &Region,
        group: RateGroup,
        calls: u64,
        now: u64,
    ) -> Result<(), KmsError> {
        let place = group.place();
        let Some(Limit(Some(interval))) = self.rates.0.get(place) else {
            return Ok(());
        };
        let key = (account, region.clone());
        let buckets = match self.accounts.get(&key) {
            Some(buckets) => buckets,
            None => {
                let made = || Ok::<_, std::convert::Infallible>(Arc::default());
                match self.accounts.get_or_insert_with(&key, made) {
                    Ok(buckets) => buckets,
                    Err(never) => match never {},
                }
            }
        };
        let taken = buckets
            .0
            .get(place)
            .is_none_or(|bucket| take(bucket, *interval, calls, now));
        if taken {
            return Ok(());
        }
        Err(self.refuse(place))
    }

    /// How many calls were refused, by group.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = RateGroup::all().map(RateGroup::name);
        names.zip(
            self.refused
                .0
                .iter()
                .map(|count| count.load(Ordering::Relaxed)),
        )
    }
}

/// Takes calls out of a bucket if there is one in it; further ones may be owed.
fn take(bucket: &AtomicU64, interval: u64, calls: u64, now: u64) -> bool {
    let depth = u64::try_from(DEPTH.as_nanos()).unwrap_or(u64::MAX);
    let full_after =
        |full: u64, calls: u64| full.max(now).saturating_add(interval.saturating_mul(calls));
    let taken = bucket.try_update(Ordering::Relaxed, Ordering::Relaxed, |full| {
        let one = full_after(full, 1).saturating_sub(now);
        (one <= depth.max(interval)).then(|| full_after(full, calls))
    });
    taken.is_ok()
}

/// The group that a call belongs to, and the other one of a call with two keys.
fn groups(input: &Input) -> (RateGroup, Option<RateGroup>) {
    let encryption = |algorithm: Option<EncryptionAlgorithmSpec>| match algorithm {
        None | Some(EncryptionAlgorithmSpec::SymmetricDefault) => RateGroup::Symmetric,
        Some(EncryptionAlgorithmSpec::RsaesOaepSha1 | EncryptionAlgorithmSpec::RsaesOaepSha256) => {
            RateGroup::Rsa
        }
        Some(EncryptionAlgorithmSpec::Sm2pke) => RateGroup::Sm2,
    };
    let group = match input {
        Input::Encrypt(input) => encryption(input.encryption_algorithm),
        Input::Decrypt(input) => encryption(input.encryption_algorithm),
        Input::ReEncrypt(input) => {
            let source = encryption(input.source_encryption_algorithm);
            let destination = encryption(input.destination_encryption_algorithm);
            return (source, (destination != source).then_some(destination));
        }
        Input::Sign(input) => signing(input.signing_algorithm),
        Input::Verify(input) => signing(input.signing_algorithm),
        Input::DeriveSharedSecret(_) => RateGroup::Ecc,
        Input::Encapsulate(_) | Input::Decapsulate(_) => RateGroup::MlKem,
        Input::GenerateDataKeyPair(input) => RateGroup::Pair(input.key_pair_spec),
        Input::GenerateDataKeyPairWithoutPlaintext(input) => RateGroup::Pair(input.key_pair_spec),
        Input::GenerateDataKey(_)
        | Input::GenerateDataKeyWithoutPlaintext(_)
        | Input::GenerateMac(_)
        | Input::GenerateRandom(_)
        | Input::VerifyMac(_) => RateGroup::Symmetric,
        other => RateGroup::Operation(other.operation()),
    };
    (group, None)
}

fn signing(algorithm: SigningAlgorithmSpec) -> RateGroup {
    match algorithm {
        SigningAlgorithmSpec::RsassaPssSha256
        | SigningAlgorithmSpec::RsassaPssSha384
        | SigningAlgorithmSpec::RsassaPssSha512
        | SigningAlgorithmSpec::RsassaPkcs1V15Sha256
        | SigningAlgorithmSpec::RsassaPkcs1V15Sha384
        | SigningAlgorithmSpec::RsassaPkcs1V15Sha512 => RateGroup::Rsa,
        SigningAlgorithmSpec::EcdsaSha256
        | SigningAlgorithmSpec::EcdsaSha384
        | SigningAlgorithmSpec::EcdsaSha512
        | SigningAlgorithmSpec::Ed25519Sha512
        | SigningAlgorithmSpec::Ed25519PhSha512 => RateGroup::Ecc,
        SigningAlgorithmSpec::Sm2dsa => RateGroup::Sm2,
        SigningAlgorithmSpec::MlDsaShake256 => RateGroup::MlDsa,
        SigningAlgorithmSpec::SymmetricDefault => RateGroup::Symmetric,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn every_group_has_a_place_and_a_name_of_its_own() {
        for (at, group) in RateGroup::all().enumerate() {
            assert_eq!(group.place(), at, "{group:?}");
        }
        assert_eq!(RateGroup::all().count(), GROUPS);
        let mut names: Vec<_> = RateGroup::all().map(RateGroup::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), GROUPS);
    }

    #[test]
    fn a_bucket_holds_a_second_and_fills_at_its_rate() {
        let bucket = AtomicU64::new(0);
        let interval = SECOND / 5;
        let take = |now| take(&bucket, interval, 1, now);
        assert_eq!((0..20).filter(|_| take(7)).count(), 5);
        assert!(!take(7 + interval - 1));
        assert!(take(7 + interval));
        assert!(!take(7 + interval));
        assert_eq!((0..20).filter(|_| take(100 * SECOND)).count(), 5);
    }

    #[test]
    fn a_bucket_slower_than_one_a_second_still_gives_one() {
        let bucket = AtomicU64::new(0);
        assert!(take(&bucket, 4 * SECOND, 1, 0));
        assert!(!take(&bucket, 4 * SECOND, 1, 4 * SECOND - 1));
        assert!(take(&bucket, 4 * SECOND, 1, 4 * SECOND));
    }

    #[test]
    fn two_calls_at_once_may_be_owed() {
        let bucket = AtomicU64::new(0);
        assert!(take(&bucket, SECOND, 2, 0));
        assert!(!take(&bucket, SECOND, 1, SECOND));
        assert!(take(&bucket, SECOND, 1, 2 * SECOND));
    }

    #[test]
    fn rates_are_read_to_the_thousandth() {
        let read = |text: &str| {
            text.parse::<Rate>()
                .map(|rate| (rate.group, rate.thousandths))
        };
        let create_key = RateGroup::Operation(Operation::CreateKey);
        assert_eq!(read("CreateKey=5"), Ok((create_key, Some(5000))));
        assert_eq!(read("CreateKey=0.25"), Ok((create_key, Some(250))));
        assert_eq!(read("symmetric=off"), Ok((RateGroup::Symmetric, None)));
        let pair = RateGroup::Pair(DataKeyPairSpec::Rsa2048);
        assert_eq!(read("RSA_2048=1000000"), Ok((pair, Some(1_000_000_000))));
        for wrong in [
            "CreateKey",
            "CreateKey=",
            "CreateKey=0",
            "CreateKey=-1",
            "CreateKey=.5",
            "CreateKey=1.2345",
            "CreateKey=1000001",
            "CreateKey=1e3",
        ] {
            assert_eq!(read(wrong), Err(RateError::Form), "{wrong}");
        }
        // Encrypt belongs to a group.
        for wrong in ["createkey=1", "Encrypt=1", "=1"] {
            assert!(matches!(read(wrong), Err(RateError::Group(_))), "{wrong}");
        }
    }

    #[test]
    fn accounts_and_regions_do_not_share_buckets() {
        let mut rates = Rates::off();
        rates.set("ListKeys=1".parse().unwrap());
        let throttle = Throttle::new(rates);
        let [one, two] = ["111122223333", "444455556666"].map(|id| AccountId::parse(id).unwrap());
        let [here, there] = ["eu-west-1", "us-east-1"].map(|name| Region::parse(name).unwrap());
        let group = RateGroup::Operation(Operation::ListKeys);
        let admit =
            |account, region: &Region| throttle.charge(account, region, group, 1, 0).is_ok();
        assert!(admit(one, &here));
        assert!(!admit(one, &here));
        assert!(admit(one, &there));
        assert!(admit(two, &here));
        let refused: Vec<_> = throttle.refused().filter(|(_, count)| *count > 0).collect();
        assert_eq!(refused, [("ListKeys", 1)]);
    }

    #[test]
    fn each_custom_key_store_has_a_bucket_of_its_own() {
        let mut rates = Rates::off();
        rates.set("custom-key-store=2".parse().unwrap());
        let throttle = Throttle::new(rates);
        let admit = |store, now| throttle.charge_store(store, now).is_ok();
        assert_eq!((0..9).filter(|_| admit("cks-1", 5)).count(), 2);
        assert!(admit("cks-2", 5));
        assert!(admit("cks-1", 5 + SECOND / 2));
        assert_eq!(throttle.refused_by_store(), [("cks-1".to_owned(), 7)]);
        let refused: Vec<_> = throttle.refused().filter(|(_, count)| *count > 0).collect();
        assert_eq!(refused, [("custom-key-store", 7)]);
        // Without limits nothing is kept of anybody.
        let open = Throttle::new(Rates::off());
        assert!((0..9).all(|_| open.charge_store("cks-1", 5).is_ok()));
        assert!(open.stores.is_empty());
        assert_eq!(
            Rates::aws().0[RateGroup::KeyStore.place()],
            Limit::of(1_800_000)
        );
    }
}
