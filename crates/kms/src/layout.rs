//! Where each record stands: the logical keys of the rows.
//!
//! Each listing is one prefix scan. Keys are ASCII and their byte order is the order of the
//! listing. `docs/formats.md` draws them.
//!
//! ```text
//! region/<account>/<Region>/key/<key id>                      KeyRecord
//! region/<account>/<Region>/material/<key id>/<material id>   MaterialRecord
//! region/<account>/<Region>/wrapping-key/<key id>/<token id>  WrappingKeyRecord
//! region/<account>/<Region>/last-use/<key id>                 LastUseRecord
//! region/<account>/<Region>/policy/<key id>                   PolicyRecord
//! region/<account>/<Region>/alias/<name>                      AliasRecord
//! region/<account>/<Region>/key-alias/<key id>/<name>         AliasRecord
//! region/<account>/<Region>/alias-set/<key id>                AliasSetRecord
//! region/<account>/<Region>/grant/<key id>/<grant id>         GrantRecord
//! region/<account>/<Region>/grantee/<key id>/<grantee>|<grant id>                   GrantRecord
//! region/<account>/<Region>/retirable/<principal>|<account>/<key id>/<grant id>     GrantRecord
//! region/<account>/<Region>/grant-set/<key id>                GrantSetRecord
//! region/<account>/<Region>/grantee-set/<key id>/<grantee>    GrantSetRecord
//! region/<account>/<Region>/grant-name/<key id>/<fingerprint> GrantNameRecord
//! region/<account>/<Region>/key-count/<shard>                 KeyCountRecord
//! region/<account>/<Region>/tombstone/<key id>                TombstoneRecord
//! due/<milliseconds>/<account>/<Region>/<key id>              DueRecord, of a deletion
//! due-rotation/<milliseconds>/<account>/<Region>/<key id>     DueRecord
//! due-expiry/<milliseconds>/<account>/<Region>/<key id>       DueRecord
//! due-wrapping-key/<milliseconds>/<account>/<Region>/<key id>/<token id>  DueRecord
//! region/<account>/<Region>/key-store/<store id>              KeyStoreRecord
//! region/<account>/<Region>/key-store-set                     KeyStoreSetRecord
//! region/<account>/<Region>/key-store-keys/<store id>         KeyStoreKeysRecord
//! region/<account>/<Region>/external-key/<store id>/<key>     ExternalKeyRecord
//! connecting/<account>/<Region>/<store id>                    ConnectingRecord
//! claim/endpoint/<Region>/<host name>                         ClaimRecord
//! claim/endpoint-service/<Region>/<name>                      ClaimRecord
//! claim/cluster/<backup history>                              ClaimRecord
//! new-replica/<account>/<Region>/<key id>                     NewReplicaRecord
//! summons/<account>/<Region>/<key id>                         SummonsRecord
//! credential/<access key id>                                  CredentialRecord
//! account/<account>                                           AccountRecord
//! identity/<account>/user/<name>                              UserRecord
//! identity/<account>/group/<name>                             GroupRecord
//! identity/<account>/role/<name>                              RoleRecord
//! identity/<account>/oidc-provider/<url>                      ProviderRecord
//! identity/<account>/policy/<name>                            ManagedPolicyRecord
//! unique-id/<unique id>                                       UniqueIdRecord
//! access-key-use/<access key id>                              AccessKeyUseRecord
//! note/<name>                                                 NoteRecord
//! roster/<kind of key>/…                                      RosterRecord
//! custody/…                                                   sealed by the root key, see custody
//! outbox/<id>                                                 entries on their way to the journal
//! ```

use std::{fmt, marker::PhantomData};

use strongroom_auth::grant::GrantPrincipal;
use strongroom_model::{AccountId, AliasName, GrantId, KeyId, Region, Timestamp};

use crate::identities::record::{
    AccessKeyUseRecord, AccountRecord, GroupRecord, ManagedPolicyRecord, ProviderRecord,
    RoleRecord, UniqueIdRecord, UserRecord,
};
use crate::record::{
    AliasRecord, AliasSetRecord, Appointment, ClaimRecord, ConnectingRecord, CredentialRecord,
    DueRecord, ExternalKeyRecord, GrantNameRecord, GrantRecord, GrantSetRecord, KeyCountRecord,
    KeyRecord, KeyStoreKeysRecord, KeyStoreRecord, KeyStoreSetRecord, LastUseRecord,
    MaterialRecord, NewReplicaRecord, NoteRecord, PolicyRecord, RosterRecord, SummonsRecord,
    TombstoneRecord, WrappingKeyRecord, alias_file_name,
};

/// In how many shards the keys of an account and Region are counted.
pub(crate) const KEY_COUNT_SHARDS: u8 = 16;

/// An account and Region: the name space of keys and aliases, and the reach of their domain and
/// integrity keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Home {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

/// Whose integrity key tags a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// Rows of the installation as a whole.
    Installation,
    /// Rows of one account and Region.
    Home(Home),
}

/// The logical key of a row that holds an `R`.
pub(crate) struct RowKey<R> {
    text: String,
    record: PhantomData<fn() -> R>,
}

impl<R> RowKey<R> {
    fn new(text: String) -> Self {
        Self {
            text,
            record: PhantomData,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl<R> Clone for RowKey<R> {
    fn clone(&self) -> Self {
        Self::new(self.text.clone())
    }
}

impl<R> fmt::Debug for RowKey<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Rows that share a prefix and hold an `R` each: one listing.
pub(crate) struct Prefix<R> {
    text: String,
    record: PhantomData<fn() -> R>,
}

impl<R> Prefix<R> {
    fn new(text: String) -> Self {
        Self {
            text,
            record: PhantomData,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The key of the row with this name in the listing.
    pub(crate) fn row(&self, name: &str) -> RowKey<R> {
        RowKey::new([&self.text, name].concat())
    }
}

impl Scope {
    /// Reads the scope off a logical row key.
    pub(crate) fn of(row_key: &str) -> Option<Self> {
        let Some(rest) = row_key.strip_prefix("region/") else {
            return Some(Self::Installation);
        };
        let mut parts = rest.splitn(3, '/');
        let account = AccountId::parse(parts.next()?).ok()?;
        let region = Region::parse(parts.next()?).ok()?;
        parts.next()?;
        Some(Self::Home(Home { account, region }))
    }
}

impl Home {
    /// Reads `<account>/<Region>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (account, region) = text.split_once('/')?;
        Some(Self {
            account: AccountId::parse(account).ok()?,
            region: Region::parse(region).ok()?,
        })
    }

    /// The prefix of the rows of one kind.
    pub(crate) fn under(&self, kind: &str) -> String {
        self.row(kind, "")
    }

    /// The key of a row of one kind.
    fn row(&self, kind: &str, name: &str) -> String {
        let account = &self.account.text();
        let region = self.region.as_str();
        ["region/", account, "/", region, "/", kind, "/", name].concat()
    }

    /// Every key of the account and Region.
    pub(crate) fn keys(&self) -> Prefix<KeyRecord> {
        Prefix::new(self.under("key"))
    }

    pub(crate) fn key(&self, id: KeyId) -> RowKey<KeyRecord> {
        RowKey::new(self.row("key", &id.text()))
    }

    /// Every material of a key.
    pub(crate) fn materials(&self, id: KeyId) -> Prefix<MaterialRecord> {
        Prefix::new(format!("{}{id}/", self.under("material")))
    }

    /// The wrapping keys that were handed out for imports into a key.
    pub(crate) fn wrapping_keys(&self, id: KeyId) -> Prefix<WrappingKeyRecord> {
        Prefix::new(format!("{}{id}/", self.under("wrapping-key")))
    }

    pub(crate) fn last_use(&self, id: KeyId) -> RowKey<LastUseRecord> {
        RowKey::new(self.row("last-use", &id.text()))
    }

    pub(crate) fn policy(&self, id: KeyId) -> RowKey<PolicyRecord> {
        RowKey::new(self.row("policy", &id.text()))
    }

    /// Every alias of the account and Region.
    pub(crate) fn aliases(&self) -> Prefix<AliasRecord> {
        Prefix::new(self.under("alias"))
    }

    pub(crate) fn alias(&self, name: &AliasName) -> RowKey<AliasRecord> {
        RowKey::new(self.row("alias", alias_file_name(name)))
    }

    /// Every alias of one key.
    pub(crate) fn key_aliases(&self, id: KeyId) -> Prefix<AliasRecord> {
        Prefix::new(format!("{}{id}/", self.under("key-alias")))
    }

    pub(crate) fn key_alias(&self, id: KeyId, name: &AliasName) -> RowKey<AliasRecord> {
        self.key_aliases(id).row(alias_file_name(name))
    }

    pub(crate) fn alias_set(&self, id: KeyId) -> RowKey<AliasSetRecord> {
        RowKey::new(self.row("alias-set", &id.text()))
    }

    /// Every grant of a key.
    pub(crate) fn grants(&self, key: KeyId) -> Prefix<GrantRecord> {
        Prefix::new(format!("{}{key}/", self.under("grant")))
    }

    pub(crate) fn grant(&self, key: KeyId, id: GrantId) -> RowKey<GrantRecord> {
        RowKey::new(format!("{}{key}/{id}", self.under("grant")))
    }

    /// The grants of a key that name this grantee principal; the rows are named by grant id.
    pub(crate) fn grants_to(&self, key: KeyId, grantee: &str) -> Prefix<GrantRecord> {
        // No principal holds the stroke, so none is the beginning of another.
        Prefix::new(format!("{}{key}/{grantee}|", self.under("grantee")))
    }

    /// The grants on keys of all accounts that name this retiring principal. They stand in the
    /// account that the principal belongs to, or, for an AWS service, in that of the key.
    pub(crate) fn retirable(&self, principal: &GrantPrincipal) -> Prefix<GrantRecord> {
        let home = Self {
            account: principal.account().unwrap_or(self.account),
            region: self.region.clone(),
        };
        Prefix::new(format!(
            "{}{}|",
            home.under("retirable"),
            principal.as_str()
        ))
    }

    /// Every row in which a grant stands.
    pub(crate) fn grant_rows(
        &self,
        key: KeyId,
        id: GrantId,
        grant: &GrantRecord,
    ) -> Vec<RowKey<GrantRecord>> {
        let grantee = grant.terms.grantee.as_str();
        let mut rows = vec![
            self.grant(key, id),
            self.grants_to(key, grantee).row(&id.to_string()),
        ];
        if let Some(principal) = &grant.terms.retiring {
            let name = format!("{}/{key}/{id}", self.account);
            rows.push(self.retirable(principal).row(&name));
        }
        rows
    }

    /// The set of all grants of a key.
    pub(crate) fn grant_set(&self, key: KeyId) -> RowKey<GrantSetRecord> {
        RowKey::new(self.row("grant-set", &key.text()))
    }

    /// The set of a key's grants for each grantee principal.
    pub(crate) fn grantee_sets(&self, key: KeyId) -> Prefix<GrantSetRecord> {
        Prefix::new(format!("{}{key}/", self.under("grantee-set")))
    }

    /// The row that finds a grant by its name and terms, if it has a name.
    pub(crate) fn grant_name(
        &self,
        key: KeyId,
        grant: &GrantRecord,
    ) -> Option<RowKey<GrantNameRecord>> {
        let fingerprint = grant.fingerprint()?;
        let prefix = self.under("grant-name");
        Some(RowKey::new(format!("{prefix}{key}/{fingerprint}")))
    }

    pub(crate) fn key_count(&self, shard: u8) -> RowKey<KeyCountRecord> {
        RowKey::new(format!("{}{shard:02}", self.under("key-count")))
    }

    /// The shard in which a key is counted.
    pub(crate) fn key_count_shard(id: KeyId) -> u8 {
        let [first, ..] = id.bits();
        first % KEY_COUNT_SHARDS
    }

    /// The same account in another Region.
    pub(crate) fn at(&self, region: &Region) -> Self {
        Self {
            account: self.account,
            region: region.clone(),
        }
    }

    /// A replica that another Region has asked for here. Like the summons it is written in that
    /// Region's transaction, so it stands outside of this one's rows.
    pub(crate) fn new_replica(&self, id: KeyId) -> RowKey<NewReplicaRecord> {
        let Self { account, region } = self;
        RowKey::new(format!("new-replica/{account}/{region}/{id}"))
    }

    /// What has a multi-Region key get in step with its relatives.
    pub(crate) fn summons(&self, id: KeyId) -> RowKey<SummonsRecord> {
        let Self { account, region } = self;
        all_summonses().row(&format!("{account}/{region}/{id}"))
    }

    pub(crate) fn tombstone(&self, id: KeyId) -> RowKey<TombstoneRecord> {
        RowKey::new(self.row("tombstone", &id.text()))
    }

    /// Every custom key store of the account and Region.
    pub(crate) fn key_stores(&self) -> Prefix<KeyStoreRecord> {
        Prefix::new(self.under("key-store"))
    }

    pub(crate) fn key_store(&self, id: &str) -> RowKey<KeyStoreRecord> {
        self.key_stores().row(id)
    }

    pub(crate) fn key_store_set(&self) -> RowKey<KeyStoreSetRecord> {
        let Self { account, region } = self;
        RowKey::new(format!("region/{account}/{region}/key-store-set"))
    }

    pub(crate) fn key_store_keys(&self, id: &str) -> RowKey<KeyStoreKeysRecord> {
        RowKey::new(format!("{}{id}", self.under("key-store-keys")))
    }

    /// The row of an external key that a store uses. Its id is letters, digits, `-`, `_`, `.`.
    pub(crate) fn external_key(&self, store: &str, key: &str) -> RowKey<ExternalKeyRecord> {
        RowKey::new(format!("{}{store}/{key}", self.under("external-key")))
    }

    pub(crate) fn connecting(&self, id: &str) -> RowKey<ConnectingRecord> {
        let Self { account, region } = self;
        RowKey::new(format!("connecting/{account}/{region}/{id}"))
    }

    /// The row that files a key under the date of an appointment.
    pub(crate) fn due(&self, what: Appointment, date: Timestamp, id: KeyId) -> RowKey<DueRecord> {
        all_due(what).row(&self.due_name(date, id))
    }

    /// The row that files a wrapping key under the date of its end.
    pub(crate) fn wrapping_key_due(
        &self,
        date: Timestamp,
        id: KeyId,
        token_id: &str,
    ) -> RowKey<DueRecord> {
        all_wrapping_keys_due().row(&format!("{}/{token_id}", self.due_name(date, id)))
    }

    fn due_name(&self, date: Timestamp, id: KeyId) -> String {
        let Self { account, region } = self;
        format!("{:020}/{account}/{region}/{id}", date.as_millis())
    }
}

/// Every key with an appointment of a kind, the earliest first.
pub(crate) fn all_due(what: Appointment) -> Prefix<DueRecord> {
    let kind = match what {
        Appointment::Deletion => "due/",
        Appointment::Rotation => "due-rotation/",
        Appointment::Expiry => "due-expiry/",
    };
    Prefix::new(kind.to_owned())
}

/// Every wrapping key, the one that ends first first.
pub(crate) fn all_wrapping_keys_due() -> Prefix<DueRecord> {
    Prefix::new("due-wrapping-key/".to_owned())
}

/// What the name of a [`DueRecord`] row says.
pub(crate) fn parse_due(name: &str) -> Option<(Timestamp, Home, KeyId)> {
    let mut parts = name.splitn(4, '/');
    let date = Timestamp::from_millis(parts.next()?.parse().ok()?);
    let account = AccountId::parse(parts.next()?).ok()?;
    let region = Region::parse(parts.next()?).ok()?;
    let id = KeyId::parse(parts.next()?).ok()?;
    Some((date, Home { account, region }, id))
}

/// Which grant the name of a row under a retiring principal speaks of.
pub(crate) fn parse_retirable(name: &str, region: &Region) -> Option<(Home, KeyId, GrantId)> {
    let mut parts = name.split('/');
    let home = Home {
        account: AccountId::parse(parts.next()?).ok()?,
        region: region.clone(),
    };
    let key = KeyId::parse(parts.next()?).ok()?;
    let id = GrantId::parse(parts.next()?).ok()?;
    parts.next().is_none().then_some((home, key, id))
}

/// What the name of a [`DueRecord`] row of a wrapping key says: also which one it is.
pub(crate) fn parse_wrapping_key_due(name: &str) -> Option<(Timestamp, Home, KeyId, &str)> {
    let (key, token_id) = name.rsplit_once('/')?;
    let (date, home, id) = parse_due(key)?;
    Some((date, home, id, token_id))
}

/// Every summons of every account and Region.
pub(crate) fn all_summonses() -> Prefix<SummonsRecord> {
    Prefix::new("summons/".to_owned())
}

/// What the name of a [`SummonsRecord`] row says.
pub(crate) fn parse_summons(name: &str) -> Option<(Home, KeyId)> {
    let mut parts = name.split('/');
    let account = AccountId::parse(parts.next()?).ok()?;
    let region = Region::parse(parts.next()?).ok()?;
    let id = KeyId::parse(parts.next()?).ok()?;
    parts
        .next()
        .is_none()
        .then_some((Home { account, region }, id))
}

/// Every custom key store that is being connected.
pub(crate) fn all_connecting() -> Prefix<ConnectingRecord> {
    Prefix::new("connecting/".to_owned())
}

/// What names a store across accounts and Regions, as in the rows of [`ConnectingRecord`]s and
/// among the holders of a [`ClaimRecord`].
pub(crate) fn parse_store(name: &str) -> Option<(Home, String)> {
    let mut parts = name.split('/');
    let account = AccountId::parse(parts.next()?).ok()?;
    let region = Region::parse(parts.next()?).ok()?;
    let id = parts.next()?.to_owned();
    Some((Home { account, region }, id))
}

const ENDPOINT_CLAIMS: &str = "claim/endpoint/";

/// Every endpoint of an external key store proxy.
pub(crate) fn all_endpoint_claims() -> Prefix<ClaimRecord> {
    Prefix::new(ENDPOINT_CLAIMS.to_owned())
}

/// The endpoint of an external key store proxy. Host names do not tell cases apart.
pub(crate) fn endpoint_claim(region: &Region, endpoint: &str) -> RowKey<ClaimRecord> {
    let host = endpoint.to_ascii_lowercase().replacen("https://", "", 1);
    RowKey::new(format!("{ENDPOINT_CLAIMS}{region}/{host}"))
}

pub(crate) fn endpoint_service_claim(region: &Region, name: &str) -> RowKey<ClaimRecord> {
    RowKey::new(format!("claim/endpoint-service/{region}/{name}"))
}

pub(crate) fn cluster_claim(history: &str) -> RowKey<ClaimRecord> {
    RowKey::new(format!("claim/cluster/{history}"))
}

/// Whether a row is of the endpoint of a proxy.
pub(crate) fn claim_of_endpoint(row: &str) -> bool {
    row.starts_with(ENDPOINT_CLAIMS)
}

pub(crate) fn credential(access_key_id: &str) -> RowKey<CredentialRecord> {
    RowKey::new(["credential/", access_key_id].concat())
}

/// Every access key.
pub(crate) fn credentials() -> Prefix<CredentialRecord> {
    Prefix::new("credential/".to_owned())
}

/// When an access key was last used.
pub(crate) fn access_key_use(access_key_id: &str) -> RowKey<AccessKeyUseRecord> {
    RowKey::new(["access-key-use/", access_key_id].concat())
}

/// Every account that has identities or root access keys.
pub(crate) fn accounts() -> Prefix<AccountRecord> {
    Prefix::new("account/".to_owned())
}

/// What an account has besides its identities.
pub(crate) fn account(account: AccountId) -> RowKey<AccountRecord> {
    accounts().row(&account.text())
}

/// Every user of an account.
pub(crate) fn users(account: AccountId) -> Prefix<UserRecord> {
    Prefix::new(["identity/", &account.text(), "/user/"].concat())
}

/// Every group of an account.
pub(crate) fn groups(account: AccountId) -> Prefix<GroupRecord> {
    Prefix::new(["identity/", &account.text(), "/group/"].concat())
}

/// Every role of an account.
pub(crate) fn roles(account: AccountId) -> Prefix<RoleRecord> {
    Prefix::new(["identity/", &account.text(), "/role/"].concat())
}

/// Every OIDC provider of an account.
pub(crate) fn oidc_providers(account: AccountId) -> Prefix<ProviderRecord> {
    Prefix::new(["identity/", &account.text(), "/oidc-provider/"].concat())
}

/// Every managed policy of an account.
pub(crate) fn managed_policies(account: AccountId) -> Prefix<ManagedPolicyRecord> {
    Prefix::new(["identity/", &account.text(), "/policy/"].concat())
}

/// The user with that name. IAM does not let two names differ in their cases only.
pub(crate) fn user(account: AccountId, name: &str) -> RowKey<UserRecord> {
    users(account).row(&name.to_ascii_lowercase())
}

/// The group with that name.
pub(crate) fn group(account: AccountId, name: &str) -> RowKey<GroupRecord> {
    groups(account).row(&name.to_ascii_lowercase())
}

/// The role with that name.
pub(crate) fn role(account: AccountId, name: &str) -> RowKey<RoleRecord> {
    roles(account).row(&name.to_ascii_lowercase())
}

/// The OIDC provider with that URL, given without `https://`.
pub(crate) fn oidc_provider(account: AccountId, url: &str) -> RowKey<ProviderRecord> {
    oidc_providers(account).row(url)
}

/// The managed policy with that name.
pub(crate) fn managed_policy(account: AccountId, name: &str) -> RowKey<ManagedPolicyRecord> {
    managed_policies(account).row(&name.to_ascii_lowercase())
}

/// Whom a unique id belongs to.
pub(crate) fn unique_id(id: &str) -> RowKey<UniqueIdRecord> {
    RowKey::new(["unique-id/", id].concat())
}

/// Which versions of a key of the installation were made.
pub(crate) fn roster(key: &str) -> RowKey<RosterRecord> {
    RowKey::new(format!("roster/{key}"))
}

/// The rosters of the keys that tag rows, one for every account and Region that has any, by
/// `<account>/<Region>`.
pub(crate) fn homes() -> Prefix<RosterRecord> {
    Prefix::new("roster/integrity/".to_owned())
}

/// The rosters of every domain key, by `<account>/<Region>`.
pub(crate) fn domain_rosters() -> Prefix<RosterRecord> {
    Prefix::new("roster/domain/".to_owned())
}

/// The notes whose names begin so.
pub(crate) fn notes(start: &str) -> Prefix<NoteRecord> {
    Prefix::new(["note/", start].concat())
}

pub(crate) fn note(name: &str) -> RowKey<NoteRecord> {
    RowKey::new(format!("note/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> Home {
        Home {
            account: AccountId::parse("111122223333").unwrap(),
            region: Region::parse("us-east-1").unwrap(),
        }
    }

    #[test]
    fn the_scope_of_a_row_is_read_off_its_key() {
        let id = KeyId::from_bits(false, [7; 16]);
        assert_eq!(
            Scope::of(home().key(id).as_str()),
            Some(Scope::Home(home()))
        );
        assert_eq!(Scope::of(note("clock").as_str()), Some(Scope::Installation));
        assert_eq!(Scope::of("region/1/us-east-1/key/x"), None);
    }

    #[test]
    fn a_retirable_row_stands_with_its_principal_and_says_which_grant() {
        let key = KeyId::from_bits(true, [7; 16]);
        let id = GrantId::from_bytes([9; 32]);
        let arn = "arn:aws:iam::444455556666:user/a";
        let grant: GrantRecord = serde_json::from_value(serde_json::json!({
            "created": 1, "issuer": "111122223333", "operations": ["Encrypt"],
            "grantee": { "service": "logs.amazonaws.com" }, "retiring": { "principal": arn },
        }))
        .unwrap();
        let rows = home().grant_rows(key, id, &grant);
        let row = rows.last().unwrap().as_str();
        let prefix = format!("region/444455556666/us-east-1/retirable/{arn}|");
        let name = row.strip_prefix(&prefix).unwrap();
        let region = Region::parse("us-east-1").unwrap();
        assert_eq!(parse_retirable(name, &region), Some((home(), key, id)));
        assert_eq!(parse_retirable(&format!("{name}/x"), &region), None);
        assert!(home().grant_name(key, &grant).is_none());
    }

    #[test]
    fn rows_stand_where_the_drawing_says() {
        let id = KeyId::from_bits(false, [7; 16]);
        let (home, uuid) = (home(), "07070707-0707-0707-0707-070707070707");
        let name = AliasName::parse("alias/a/b").unwrap();
        let prefix = "region/111122223333/us-east-1";
        let check = |row: &str, rest: String| assert_eq!(row, format!("{prefix}/{rest}"));
        check(home.keys().as_str(), "key/".into());
        check(home.key(id).as_str(), format!("key/{uuid}"));
        let materials = home.materials(id);
        check(materials.row("m").as_str(), format!("material/{uuid}/m"));
        check(home.policy(id).as_str(), format!("policy/{uuid}"));
        check(home.alias(&name).as_str(), "alias/a/b".into());
        check(
            home.key_alias(id, &name).as_str(),
            format!("key-alias/{uuid}/a/b"),
        );
        check(home.alias_set(id).as_str(), format!("alias-set/{uuid}"));
        check(home.key_count(3).as_str(), "key-count/03".into());
        check(home.tombstone(id).as_str(), format!("tombstone/{uuid}"));
        assert_eq!(credential("AKIA").as_str(), "credential/AKIA");
    }

    #[test]
    fn due_rows_sort_by_date_and_say_which_key() {
        let id = KeyId::from_bits(true, [7; 16]);
        let due = |what, millis| home().due(what, Timestamp::from_millis(millis), id);
        for (what, prefix) in [
            (Appointment::Deletion, "due/"),
            (Appointment::Rotation, "due-rotation/"),
            (Appointment::Expiry, "due-expiry/"),
        ] {
            let (early, late) = (due(what, 999), due(what, 1000));
            assert!(early.as_str() < late.as_str());
            let name = early.as_str().strip_prefix(prefix).unwrap();
            let at = Timestamp::from_millis(999);
            assert_eq!(parse_due(name), Some((at, home(), id)));
        }
    }

    #[test]
    fn due_rows_of_wrapping_keys_say_which_one() {
        let id = KeyId::from_bits(true, [7; 16]);
        let at = Timestamp::from_millis(999);
        let row = home().wrapping_key_due(at, id, "0123");
        let name = row.as_str().strip_prefix("due-wrapping-key/").unwrap();
        assert_eq!(parse_wrapping_key_due(name), Some((at, home(), id, "0123")));
        assert_eq!(parse_due(name), None);
    }
}
