//! One call in progress: the road from a name in a request to permission to use what it names.
//!
//! Three steps with a type each, because AWS's order of checks needs the gaps between them:
//! *find* ([`Found`], existence), *permit* ([`Permitted`], decision), *usable*
//! ([`Authorized`], key usage and state). Each can be made only from the one before, and only
//! here. There are two exits: [`Call::material`] to bytes and [`Call::commit`] to the store.

use std::{
    marker::PhantomData,
    ops::Deref,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use strongroom_auth::{Caller, Denial, ResourceKind, grant::Terms};
use strongroom_crypto::{CiphertextHeader, CryptoError, GrantName};
use strongroom_model::{
    AccountId, AliasArn, AliasName, GrantId, GrantToken, KeyArn, KeyId, KeyRef, KeyRefError,
    Region, Timestamp,
    enums::KeyState,
    errors::ErrorCode,
    key_ref::{NamedAlias, NamedKey},
    operations::{Input, Operation},
    shapes::KeyMetadata,
};
use strongroom_store::Revision;

use crate::{
    addressee::Addressee,
    audit::{Entry, Kind, Outcome, RowTrace, Told},
    change::Change,
    error::KmsError,
    key_stores::{KeyStore, outside::About},
    layout::Home,
    managed,
    material::{Judges, Material, Opens},
    multi_region, overdue,
    permission::{Aside, Asked, Asking, Asks as _, Request, Subject},
    record::{AliasRecord, AliasSetRecord, GrantRecord, GrantSetRecord, KeyRecord},
    service::Service,
    shelves::{Committed, Stored},
    uses::{AccountUse, AliasUse, Cell, KeyUse, Needs, RetireGrant},
};

/// Why an attempt at a call ended.
#[derive(Debug)]
pub(crate) enum Interruption {
    /// The caller is told.
    Refused(KmsError),
    /// A row that was judged has moved: the call runs again from its look-ups.
    Moved { row: String },
}

impl From<KmsError> for Interruption {
    fn from(error: KmsError) -> Self {
        Self::Refused(error)
    }
}

impl From<CryptoError> for Interruption {
    fn from(error: CryptoError) -> Self {
        Self::Refused(error.into())
    }
}

/// The outcome of a step that may end in a commit.
pub(crate) type Attempt<T> = Result<T, Interruption>;

/// One call in progress.
pub(crate) struct Call<'s> {
    service: &'s Service,
    entry: &'s Entry,
    input: &'s Input,
    operation: Operation,
    home: Home,
    now: Timestamp,
    /// Set once the tokens were found to be ours.
    tokens_checked: OnceLock<()>,
    committed: OnceLock<Committed>,
    /// The keys that were permitted for cryptographic uses.
    uses: Mutex<Vec<(Home, KeyId)>>,
    /// The questions that were asked, for whoever wants to know why.
    asked: Mutex<Vec<Asked>>,
}

/// Something that exists, or that the caller may not know whether it exists.
#[derive(Debug)]
pub(crate) enum Found<R> {
    Here(R),
    /// Nothing of that name in a foreign account. Whether it is absent or denied must look the
    /// same, so it is refused where a denial would be.
    Hidden(Option<Elsewhere>),
    /// A ciphertext names a key that is not there. AWS words this one differently.
    HiddenByCiphertext,
}

/// What a request names in another account, where nothing of that name is: a key by its ARN.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    pub(crate) owner: AccountId,
    pub(crate) arn: String,
}

/// A resource that the caller may put to use `U`, as far as policies are concerned.
#[derive(Debug)]
pub(crate) struct Permitted<R, U> {
    resource: R,
    operation: Operation,
    used_for: PhantomData<fn() -> U>,
}

/// A resource that may be put to use `U`: permitted, of the right key usage, in a fit state.
#[derive(Debug)]
pub(crate) struct Authorized<R, U> {
    resource: R,
    used_for: PhantomData<fn() -> U>,
}

impl<R, U> Deref for Permitted<R, U> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.resource
    }
}

impl<R, U> Deref for Authorized<R, U> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.resource
    }
}

/// A KMS key that was looked up.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    home: Home,
    id: KeyId,
    stored: Arc<Stored<KeyRecord>>,
    /// When it was looked up: its state is that of this moment.
    at: Timestamp,
    /// The custom key store that it is in.
    store: Option<KeyStore>,
    /// The alias by which the request named it, if it did.
    named_by: Option<AliasName>,
}

impl Key {
    /// A key whose record was read at a moment, with the custom key store that it is in.
    pub(crate) async fn new(
        service: &Service,
        home: &Home,
        id: KeyId,
        stored: Arc<Stored<KeyRecord>>,
        at: Timestamp,
    ) -> Result<Self, KmsError> {
        let store = match &stored.record.key_store {
            // A store that holds keys cannot be deleted.
            Some(place) => Some(
                KeyStore::find(service, home, &place.id)
                    .await
                    .map_err(KmsError::broken)?,
            ),
            None => None,
        };
        Ok(Self {
            home: home.clone(),
            id,
            stored,
            at,
            store,
            named_by: None,
        })
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) fn arn(&self) -> KeyArn {
        KeyArn {
            account: self.home.account,
            region: self.home.region.clone(),
            key_id: self.id,
        }
    }

    /// The ARN, written down once for as long as the record is at hand.
    pub(crate) fn arn_text(&self) -> &Arc<str> {
        self.stored.arn.get_or_init(|| self.arn().text().into())
    }

    pub(crate) fn record(&self) -> &KeyRecord {
        &self.stored.record
    }

    /// The alias by which the request named the key, if it did.
    pub(crate) fn named_by(&self) -> Option<&AliasName> {
        self.named_by.as_ref()
    }

    pub(crate) fn stored(&self) -> &Stored<KeyRecord> {
        &self.stored
    }

    pub(crate) fn revision(&self) -> Revision {
        self.stored.revision
    }

    /// The custom key store that the key is in.
    pub(crate) fn store(&self) -> Option<&KeyStore> {
        self.store.as_ref()
    }

    /// The state that AWS names. A key in a custom key store that is not connected is
    /// Unavailable, unless it is pending deletion.
    pub(crate) fn state(&self) -> KeyState {
        let state = self.record().state(self.at);
        let out_of_reach = self.store().is_some_and(|store| !store.is_connected());
        match state {
            KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => state,
            _ if out_of_reach => KeyState::Unavailable,
            _ => state,
        }
    }
}

/// An alias that was looked up.
#[derive(Debug)]
pub(crate) struct Alias {
    home: Home,
    name: AliasName,
    stored: Arc<Stored<AliasRecord>>,
}

impl Alias {
    pub(crate) fn name(&self) -> &AliasName {
        &self.name
    }

    pub(crate) fn record(&self) -> &AliasRecord {
        &self.stored.record
    }

    pub(crate) fn revision(&self) -> Revision {
        self.stored.revision
    }

    pub(crate) fn arn(&self) -> AliasArn {
        self.home.alias_arn(&self.name)
    }
}

/// An alias that is about to be created.
#[derive(Debug)]
pub(crate) struct NewAlias {
    home: Home,
    name: AliasName,
    /// What stands under the name now: a living alias, or what is left of one whose key lapsed.
    present: Option<(Arc<Stored<AliasRecord>>, bool)>,
}

impl NewAlias {
    pub(crate) fn name(&self) -> &AliasName {
        &self.name
    }

    pub(crate) fn arn(&self) -> AliasArn {
        self.home.alias_arn(&self.name)
    }

    /// Whether a living alias has the name.
    pub(crate) fn taken(&self) -> bool {
        matches!(self.present, Some((_, true)))
    }

    pub(crate) fn revision(&self) -> Option<Revision> {
        self.present.as_ref().map(|(stored, _)| stored.revision)
    }

    /// The lapsed key that the name still points at.
    pub(crate) fn leftover_target(&self) -> Option<KeyId> {
        match &self.present {
            Some((stored, false)) => Some(stored.record.target),
            _ => None,
        }
    }
}

/// The aliases of a key, as a set.
#[derive(Debug)]
pub(crate) struct AliasSet {
    pub(crate) key_id: KeyId,
    pub(crate) stored: Option<Arc<Stored<AliasSetRecord>>>,
}

/// A grant that was looked up.
#[derive(Debug)]
pub(crate) struct Grant {
    id: GrantId,
    stored: Arc<Stored<GrantRecord>>,
}

impl Grant {
    pub(crate) fn id(&self) -> GrantId {
        self.id
    }

    pub(crate) fn record(&self) -> &GrantRecord {
        &self.stored.record
    }

    pub(crate) fn revision(&self) -> Revision {
        self.stored.revision
    }
}

/// The sets to which a grant belongs.
#[derive(Debug)]
pub(crate) struct GrantSets {
    /// All grants of the key.
    pub(crate) of_key: GrantSet,
    /// Those of the same grantee principal.
    pub(crate) of_grantee: GrantSet,
}

impl GrantSets {
    pub(crate) async fn of(
        service: &Service,
        home: &Home,
        key: KeyId,
        grant: &GrantRecord,
    ) -> Result<Self, KmsError> {
        let of_grantee = home.grantee_sets(key).row(grant.terms.grantee.as_str());
        Ok(Self {
            of_key: GrantSet(service.shelves().get(&home.grant_set(key)).await?),
            of_grantee: GrantSet(service.shelves().get(&of_grantee).await?),
        })
    }
}

/// Grants of a key, as a set. One that is not stored is empty.
#[derive(Debug)]
pub(crate) struct GrantSet(Option<Arc<Stored<GrantSetRecord>>>);

impl GrantSet {
    pub(crate) fn count(&self) -> u64 {
        self.0.as_ref().map_or(0, |stored| stored.record.count)
    }

    pub(crate) fn revision(&self) -> Option<Revision> {
        self.0.as_ref().map(|stored| stored.revision)
    }
}

impl<U: KeyUse> Permitted<Key, U> {
    /// Weighs key usage, then key state.
    ///
    /// # Errors
    /// `InvalidKeyUsageException`; `DisabledException` or `KMSInvalidStateException`.
    pub(crate) fn usable(self) -> Result<Authorized<Key, U>, KmsError> {
        let key = self.resource;
        if !U::ROW.needs.satisfied_by(key.record().usage) {
            let usage = key.record().usage.as_str();
            return Err(KmsError::key_usage(
                &key.arn(),
                usage,
                self.operation.name(),
            ));
        }
        let state = key.state();
        match U::ROW.cell(state) {
            Cell::Allow => Ok(Authorized {
                resource: key,
                used_for: PhantomData,
            }),
            Cell::Refuse => Err(KmsError::key_state(&key.arn(), state)),
            Cell::NotPending => Err(KmsError::not_pending_deletion(&key.arn())),
        }
    }
}

impl<'s> Call<'s> {
    pub(crate) fn new(
        service: &'s Service,
        entry: &'s Entry,
        operation: Operation,
        input: &'s Input,
        now: Timestamp,
    ) -> Self {
        let home = Home {
            account: entry.caller().account,
            region: entry.region().clone(),
        };
        Self {
            service,
            entry,
            input,
            operation,
            home,
            now,
            tokens_checked: OnceLock::new(),
            committed: OnceLock::new(),
            uses: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// The caller's own account, in the Region of the request.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn caller(&self) -> &Caller {
        self.entry.caller()
    }

    /// The request, as questions about it see it.
    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            service: self.service,
            entry: self.entry,
            input: self.input,
            now: self.now,
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        self.operation
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn service(&self) -> &'s Service {
        self.service
    }

    /// The keys that the call was permitted to use cryptographically.
    pub(crate) fn take_uses(&self) -> Vec<(Home, KeyId)> {
        std::mem::take(&mut self.uses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps a question that was asked.
    pub(crate) fn keep(&self, asked: Asked) {
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // Nearly every call asks one.
        all.reserve_exact(1);
        all.push(asked);
    }

    /// Notes on what ground a use was permitted.
    pub(crate) fn permitted_by(&self, ground: &'static str) {
        self.entry.permitted_by(ground);
    }

    /// The questions that were asked so far.
    pub(crate) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was committed, if anything was.
    pub(crate) fn into_committed(self) -> Option<Committed> {
        self.committed.into_inner()
    }

    /// Finds the key that a key id or key ARN names. Aliases are refused, from syntax alone.
    pub(crate) async fn find_key(&self, reference: &str) -> Result<Found<Key>, KmsError> {
        let reference = self.parse(reference)?;
        if reference.is_alias() {
            return Err(KmsError::aliases_not_supported());
        }
        self.find(reference).await
    }

    /// Finds the key that any of the four forms names.
    pub(crate) async fn find_key_or_alias(&self, reference: &str) -> Result<Found<Key>, KmsError> {
        self.find(self.parse(reference)?).await
    }

    /// Finds the key that made a ciphertext, in the Region of the request.
    pub(crate) async fn find_key_of(
        &self,
        ciphertext: &CiphertextHeader,
    ) -> Result<Found<Key>, KmsError> {
        let home = Home {
            account: ciphertext.account,
            region: self.home.region.clone(),
        };
        Ok(match self.look_up(&home, ciphertext.key_id).await? {
            Some(key) => Found::Here(key),
            None => Found::HiddenByCiphertext,
        })
    }

    /// Finds an alias of the caller's account and Region that stands for a living key.
    pub(crate) async fn find_alias(&self, name: &AliasName) -> Result<Found<Alias>, KmsError> {
        match self.living_alias(&self.home, name).await? {
            Some((stored, _)) => Ok(Found::Here(Alias {
                home: self.home.clone(),
                name: name.clone(),
                stored,
            })),
            None => Err(KmsError::no_such_alias(self.home.alias_arn(name))),
        }
    }

    /// Looks at a name that an alias is to have.
    pub(crate) async fn find_new_alias(
        &self,
        name: &AliasName,
    ) -> Result<Found<NewAlias>, KmsError> {
        let present = match self.service.shelves().get(&self.home.alias(name)).await? {
            Some(stored) => {
                let living = self
                    .look_up(&self.home, stored.record.target)
                    .await?
                    .is_some();
                Some((stored, living))
            }
            None => None,
        };
        Ok(Found::Here(NewAlias {
            home: self.home.clone(),
            name: name.clone(),
            present,
        }))
    }

    /// Finds the key that an alias stands for.
    pub(crate) async fn find_target_of(
        &self,
        alias: &Found<Alias>,
    ) -> Result<Found<Key>, KmsError> {
        match alias {
            Found::Here(alias) => {
                self.find(KeyRef::KeyId(NamedKey::Id(alias.record().target)))
                    .await
            }
            Found::Hidden(_) | Found::HiddenByCiphertext => Ok(Found::Hidden(None)),
        }
    }

    /// Finds the key of the same id in another Region.
    pub(crate) async fn find_relative(
        &self,
        key: &Found<Key>,
        region: &Region,
    ) -> Result<Found<Key>, KmsError> {
        let key = match key {
            Found::Here(key) if key.home.account == self.home.account => key,
            _ => return Ok(Found::Hidden(None)),
        };
        let there = key.home.at(region);
        let relative = self.look_up(&there, key.id).await?;
        relative
            .map(Found::Here)
            .ok_or_else(|| KmsError::no_such_key(there.key_arn(key.id)))
    }

    /// The set of a key's aliases, for a commit that changes its membership.
    pub(crate) async fn alias_set(&self, key: &Key) -> Result<AliasSet, KmsError> {
        let stored = self
            .service
            .shelves()
            .get(&key.home.alias_set(key.id))
            .await?;
        Ok(AliasSet {
            key_id: key.id,
            stored,
        })
    }

    /// Finds the key on which a grant is, wherever that is.
    pub(crate) async fn find_key_of_grant(&self, name: &GrantName) -> Result<Found<Key>, KmsError> {
        self.find(KeyRef::KeyArn(name.account, NamedKey::Id(name.key_id)))
            .await
    }

    /// Finds a grant of a key. That it is not there is told at once in the caller's own account;
    /// in another one only to those who may use the key, which is not decided yet.
    pub(crate) async fn find_grant(
        &self,
        key: &Found<Key>,
        id: GrantId,
    ) -> Result<Found<Grant>, KmsError> {
        let Found::Here(key) = key else {
            return Ok(Found::Hidden(None));
        };
        match self
            .service
            .shelves()
            .get(&key.home.grant(key.id, id))
            .await?
        {
            Some(stored) => Ok(Found::Here(Grant { id, stored })),
            None if key.home.account == self.home.account => Err(KmsError::no_such_grant(id)),
            None => Ok(Found::Hidden(None)),
        }
    }

    /// The grant of the key that has the same name and terms, if the new one has a name.
    pub(crate) async fn find_same_grant(
        &self,
        key: &Key,
        grant: &GrantRecord,
    ) -> Result<Option<GrantId>, KmsError> {
        let Some(row) = key.home.grant_name(key.id, grant) else {
            return Ok(None);
        };
        let named = self.service.shelves().get(&row).await?;
        Ok(named.map(|stored| stored.record.grant))
    }

    /// The sets of grants to which a grant belongs, for a commit that changes their membership.
    pub(crate) async fn grant_sets(
        &self,
        key: &Key,
        grant: &GrantRecord,
    ) -> Result<GrantSets, KmsError> {
        GrantSets::of(self.service, &key.home, key.id, grant).await
    }

    /// A new token of a grant.
    pub(crate) fn token_of(&self, key: &Key, grant_id: GrantId) -> Result<GrantToken, KmsError> {
        let name = GrantName {
            account: key.home.account,
            region: key.home.region.clone(),
            key_id: key.id,
            grant_id,
        };
        Ok(self.service.custody().seal_grant_token(&name)?)
    }

    /// The grant that a token stands for, which may be gone.
    ///
    /// # Errors
    /// `InvalidGrantTokenException` for a text that is no token, and for one of another Region.
    pub(crate) fn open_token(&self, token: &GrantToken) -> Result<GrantName, KmsError> {
        match self.service.custody().open_grant_token(token) {
            Ok(name) if name.region == self.home.region => Ok(name),
            _ => Err(KmsError::invalid_grant_token()),
        }
    }

    /// Refuses tokens that are not ours. One of a grant that is gone, or of another key, gives
    /// nothing and is no error: grants are effective at once, so a token adds nothing to them.
    fn check_tokens(&self) -> Result<(), KmsError> {
        let tokens = self.input.grant_tokens();
        if tokens.is_empty() || self.tokens_checked.get().is_some() {
            return Ok(());
        }
        for token in tokens {
            self.open_token(token)?;
        }
        // Another use in the same call may have been quicker; it found the same.
        let _known = self.tokens_checked.set(());
        Ok(())
    }

    /// Decides whether the caller may put the key to use `U`.
    ///
    /// # Errors
    /// `AccessDeniedException`; `InvalidGrantTokenException` for a token that is not ours.
    pub(crate) async fn permit<U: KeyUse>(
        &self,
        key: Found<Key>,
    ) -> Result<Permitted<Key, U>, KmsError> {
        self.permit_aside::<U>(key, Aside::default()).await
    }

    /// The same for the key that only its ciphertext names, whose denial is worded differently.
    pub(crate) async fn permit_named_by_ciphertext<U: KeyUse>(
        &self,
        key: Found<Key>,
        same_key: Option<bool>,
    ) -> Result<Permitted<Key, U>, KmsError> {
        let aside = Aside {
            named_by_ciphertext: true,
            same_key,
            ..Aside::default()
        };
        self.permit_aside::<U>(key, aside).await
    }

    /// The same for one of the keys of ReEncrypt, which may be the same.
    pub(crate) async fn permit_one_of_two<U: KeyUse>(
        &self,
        key: Found<Key>,
        same_key: Option<bool>,
    ) -> Result<Permitted<Key, U>, KmsError> {
        let aside = Aside {
            same_key,
            ..Aside::default()
        };
        self.permit_aside::<U>(key, aside).await
    }

    /// The same for a grant that is to be created: one who may create grants by a grant only may
    /// pass on what that one has. Terms that cannot be told are refused after this.
    pub(crate) async fn permit_grant<U: KeyUse>(
        &self,
        key: Found<Key>,
        child: Option<&Terms>,
    ) -> Result<Permitted<Key, U>, KmsError> {
        let aside = Aside {
            child,
            ..Aside::default()
        };
        self.permit_aside::<U>(key, aside).await
    }

    async fn permit_aside<U: KeyUse>(
        &self,
        key: Found<Key>,
        aside: Aside<'_>,
    ) -> Result<Permitted<Key, U>, KmsError> {
        self.check_tokens()?;
        let asking = Asking::of_key(&U::ROW, U::TOPICS);
        let key = match key {
            Found::Here(key) => key,
            Found::Hidden(elsewhere) => {
                let denial = match &elsewhere {
                    Some(elsewhere) => self.strangers_denial(asking, elsewhere, aside),
                    None => self.denied(asking.action, Denial::Hidden),
                };
                return Err(denial);
            }
            Found::HiddenByCiphertext => {
                return Err(self.denied(asking.action, Denial::HiddenByCiphertext));
            }
        };
        for (name, value) in key.recorded_place() {
            self.note(name, value);
        }
        if U::ROW.needs != Needs::AnyUsage {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            uses.push((key.home.clone(), key.id));
        }
        self.judge_key(asking, &key, aside).await?;
        Ok(self.permitted(key))
    }

    /// Decides whether the caller may retire a grant of the key: those may whom the grant names
    /// for it, unless a policy of theirs denies it, and the accounts that it concerns, as far as
    /// their policies allow it. The key policy has no say.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub(crate) async fn permit_retirement(
        &self,
        key: Found<Key>,
        grant: Found<Grant>,
    ) -> Result<(Permitted<Key, RetireGrant>, Grant), KmsError> {
        let action = RetireGrant::ROW.action;
        let (Found::Here(key), Found::Here(grant)) = (key, grant) else {
            return Err(self.denied(action, Denial::Hidden));
        };
        let record = grant.record();
        let accounts = [record.issuer, key.home.account];
        let Some(standing) = record.standing(self.caller(), accounts) else {
            self.entry.touch(Kind::Key, key.arn_text(), &key.home);
            return Err(self.denied(action, Denial::Hidden));
        };
        let asking = Asking::of_key(&RetireGrant::ROW, RetireGrant::TOPICS);
        let names_caller = standing.names_caller();
        self.judge_retirement(asking, &key, record, names_caller)
            .await?;
        self.entry.permitted_by(standing.as_str());
        self.note("grantId", grant.id().to_string());
        Ok((self.permitted(key), grant))
    }

    /// Decides whether the caller may put the alias to use `U`.
    ///
    /// # Errors
    /// `AccessDeniedException`, naming the alias.
    pub(crate) async fn permit_alias<R: AliasResource, U: AliasUse>(
        &self,
        alias: Found<R>,
    ) -> Result<Permitted<R, U>, KmsError> {
        let Found::Here(alias) = alias else {
            return Err(self.denied(U::ACTION, Denial::Hidden));
        };
        let arn = alias.alias_arn();
        self.judge_others(
            Asking::of_alias(U::ACTION),
            ResourceKind::Alias,
            arn.to_string().into(),
            &self.home,
            Subject::Nothing,
        )
        .await?;
        Ok(self.permitted(alias))
    }

    /// Decides whether the caller may use the account and Region as a whole.
    ///
    /// # Errors
    /// `AccessDeniedException`, naming the resource `*`, or that of keys to be.
    pub(crate) async fn permit_account<U: AccountUse>(&self) -> Result<Permitted<(), U>, KmsError> {
        let subject = match self.input {
            Input::CreateKey(request) => Subject::Wanted(request),
            _ => Subject::Nothing,
        };
        self.permit_account_there::<U>(&self.home, subject).await
    }

    /// The same for the account in another Region, where a replica of the key is to be.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub(crate) async fn permit_replica<U: AccountUse>(
        &self,
        key: &Key,
        there: &Home,
    ) -> Result<Permitted<(), U>, KmsError> {
        let subject = Subject::Future(there, key.record());
        self.permit_account_there::<U>(there, subject).await
    }

    async fn permit_account_there<U: AccountUse>(
        &self,
        home: &Home,
        subject: Subject<'_>,
    ) -> Result<Permitted<(), U>, KmsError> {
        let arn = match U::RESOURCE {
            "*" => "*".into(),
            keys => home.arn_of(keys).into(),
        };
        let asking = Asking::of_account(U::ACTION, U::TOPICS);
        self.judge_others(asking, ResourceKind::Account, arn, home, subject)
            .await?;
        Ok(self.permitted(()))
    }

    /// The current material of a key for one use of it.
    ///
    /// # Errors
    /// `DryRunOperationException` when the call only asks whether it would succeed.
    pub(crate) async fn material<U: KeyUse>(
        &self,
        key: &Authorized<Key, U>,
    ) -> Result<Material<'s, U>, KmsError> {
        self.stop_if_dry_run()?;
        self.material_now(key).await
    }

    /// The current material of a key, to weigh something of the caller's with. A dry run stops
    /// after that.
    pub(crate) async fn material_to_judge<U: Judges>(
        &self,
        key: &Authorized<Key, U>,
    ) -> Result<Material<'s, U>, KmsError> {
        self.material_now(key).await
    }

    async fn material_now<U: KeyUse>(
        &self,
        key: &Authorized<Key, U>,
    ) -> Result<Material<'s, U>, KmsError> {
        let material = Material::current(self.service, key, || self.about()).await?;
        self.entry.used(material.material_id());
        Ok(material)
    }

    /// The material that made a ciphertext, for one use of its key. A ciphertext without a header
    /// is of an asymmetric key, which has one material.
    pub(crate) async fn material_of<U: Opens>(
        &self,
        key: &Authorized<Key, U>,
        ciphertext: Option<&CiphertextHeader>,
    ) -> Result<Material<'s, U>, KmsError> {
        let Some(header) = ciphertext else {
            return self.material_to_judge(key).await;
        };
        let material = Material::named(self.service, key, header, || self.about()).await?;
        self.entry.used(material.material_id());
        Ok(material)
    }

    /// What the outside is told of this call, if it takes part in it.
    pub(crate) fn about(&self) -> About {
        About {
            request_id: self.entry.request_id().to_string(),
            operation: self.operation.name(),
            principal: self.caller().arn(),
            key_arn: None,
        }
    }

    /// Finds a custom key store of the caller's account and Region.
    ///
    /// # Errors
    /// `CustomKeyStoreNotFoundException`.
    pub(crate) async fn find_key_store(&self, id: &str) -> Result<KeyStore, KmsError> {
        let store = KeyStore::find(self.service, &self.home, id).await?;
        for (name, value) in store.recorded() {
            self.note(name, value);
        }
        Ok(store)
    }

    /// Notes something for `additionalEventData` of the entry.
    pub(crate) fn note(&self, name: &'static str, value: impl Into<String>) {
        self.entry.add(name, value.into());
    }

    /// Notes who the plaintext of the answer is for.
    pub(crate) fn note_addressee(&self, addressee: &Addressee) {
        if let Addressee::Enclave(enclave) = addressee {
            self.entry
                .hand_to(enclave.module_id(), enclave.image_digest());
        }
    }

    /// Notes what the entry is to say of the response. To be called before the commit, whose
    /// entry it is.
    pub(crate) fn tell(&self, response: &impl Told) {
        self.entry.tell(response);
    }

    /// Notes a key that comes into being in another Region.
    pub(crate) fn tell_replica(&self, there: &Home, id: KeyId, replica: &KeyMetadata) {
        let arn = there.key_arn(id).text().into();
        self.entry.tell_replica(there, arn, replica);
    }

    /// Notes the key that the call is about to create.
    pub(crate) fn touch_new_key(&self, id: KeyId) {
        let arn = self.home.key_arn(id).text().into();
        self.touch(Kind::Key, &arn, &self.home);
    }

    /// Ends a call that would have succeeded, if it asked for no more than that.
    pub(crate) fn stop_if_dry_run(&self) -> Result<(), KmsError> {
        if self.input.dry_run() {
            Err(KmsError::dry_run())
        } else {
            Ok(())
        }
    }

    /// Commits a change together with the audit entry that tells of it.
    ///
    /// # Errors
    /// `DryRunOperationException` when the call only asks whether it would succeed;
    /// [`Interruption::Moved`] when a row that the change was judged on has moved.
    pub(crate) async fn commit(&self, change: Change) -> Attempt<()> {
        self.stop_if_dry_run()?;
        self.service.check_journal()?;
        let events = |rows: &[RowTrace]| {
            let outcome = Outcome {
                operation: self.operation,
                input: Some(self.input),
                error: None,
            };
            self.entry.close(&outcome, rows, self.service.now())
        };
        // On the heap, so that calls that change nothing carry no room for it.
        let committed = Box::pin(self.service.shelves().commit(change, events)).await;
        if let Err(Interruption::Refused(error)) = &committed
            && error.is_time_out()
        {
            // The change, and with it an entry of this call, may yet come about.
            self.entry.begin_another();
        }
        let committed = committed?;
        // A call commits once: `commit` is the last thing that every operation does.
        let _first = self.committed.set(committed);
        Ok(())
    }

    fn permitted<R, U>(&self, resource: R) -> Permitted<R, U> {
        Permitted {
            resource,
            operation: self.operation,
            used_for: PhantomData,
        }
    }

    /// Refuses what is another account's, for a use of the caller's own account only.
    pub(crate) fn hidden<U: AccountUse>(&self) -> KmsError {
        self.denied(U::ACTION, Denial::Hidden)
    }

    /// Notes a key or an alias that the call touches.
    pub(crate) fn touch(&self, kind: Kind, arn: &Arc<str>, home: &Home) {
        self.entry.touch(kind, arn, home);
    }

    /// Refuses something that is not there in the words of a denial.
    pub(crate) fn denied(&self, action: &str, denial: Denial) -> KmsError {
        let message = denial.text(&self.caller().arn(), action, "*");
        KmsError::new(ErrorCode::AccessDeniedException, message)
    }

    fn parse(&self, reference: &str) -> Result<KeyRef, KmsError> {
        KeyRef::parse(reference, &self.home.region).map_err(|error| {
            // Operations that do not model InvalidArnException answer NotFoundException.
            let modelled = self
                .operation
                .errors()
                .contains(&ErrorCode::InvalidArnException);
            match error {
                KeyRefError::NotAnArn(text) if !modelled => {
                    KmsError::new(ErrorCode::NotFoundException, format!("Invalid arn {text}"))
                }
                error => KmsError::key_ref(error),
            }
        })
    }

    async fn find(&self, reference: KeyRef) -> Result<Found<Key>, KmsError> {
        let foreign = reference
            .account()
            .filter(|account| *account != self.home.account);
        let account = foreign.unwrap_or(self.home.account);
        let home = Home {
            account,
            region: self.home.region.clone(),
        };
        let mut found = match &reference {
            KeyRef::KeyId(NamedKey::Id(id)) | KeyRef::KeyArn(_, NamedKey::Id(id)) => {
                self.look_up(&home, *id).await?
            }
            KeyRef::AliasName(NamedAlias::Name(name))
            | KeyRef::AliasArn(_, NamedAlias::Name(name)) => {
                match self.living_alias(&home, name).await? {
                    Some((_, key)) => Some(key),
                    None => self.first_use(&home, name).await?,
                }
            }
            KeyRef::KeyId(NamedKey::Nobody(_))
            | KeyRef::KeyArn(_, NamedKey::Nobody(_))
            | KeyRef::AliasName(NamedAlias::Nobody(_))
            | KeyRef::AliasArn(_, NamedAlias::Nobody(_)) => None,
        };
        if let Some(key) = &mut found
            && let KeyRef::AliasName(NamedAlias::Name(name))
            | KeyRef::AliasArn(_, NamedAlias::Name(name)) = reference
        {
            key.named_by = Some(name);
            return Ok(found.map_or(Found::Hidden(None), Found::Here));
        }
        match (found, foreign) {
            (Some(key), _) => Ok(Found::Here(key)),
            (None, None) => Err(missing(&home, &reference)),
            (None, Some(owner)) => Ok(Found::Hidden(match reference {
                KeyRef::KeyId(key) | KeyRef::KeyArn(_, key) => Some(Elsewhere {
                    owner,
                    arn: match key {
                        NamedKey::Id(id) => home.key_arn(id).text(),
                        NamedKey::Nobody(text) => home.arn_of(&["key/", &*text].concat()),
                    },
                }),
                // Which key an alias stands for, or would, is not told.
                KeyRef::AliasName(_) | KeyRef::AliasArn(..) => None,
            })),
        }
    }

    /// The AWS managed key behind `alias/aws/<service>` is made when the alias is first used.
    async fn first_use(&self, home: &Home, name: &AliasName) -> Result<Option<Key>, KmsError> {
        let own = home.account == self.home.account;
        if !own || !managed::offers(self.service, name) {
            return Ok(None);
        }
        // On the heap: every look-up by name would have room for this otherwise.
        Box::pin(managed::create(self.service, home, name, self.now)).await?;
        Ok(self.living_alias(home, name).await?.map(|(_, key)| key))
    }

    async fn living_alias(
        &self,
        home: &Home,
        name: &AliasName,
    ) -> Result<Option<(Arc<Stored<AliasRecord>>, Key)>, KmsError> {
        let Some(stored) = self.service.shelves().get(&home.alias(name)).await? else {
            return Ok(None);
        };
        let key = self.look_up(home, stored.record.target).await?;
        Ok(key.map(|key| (stored, key)))
    }

    async fn look_up(&self, home: &Home, id: KeyId) -> Result<Option<Key>, KmsError> {
        multi_region::keep_in_step(self.service, home, id, self.now).await?;
        let row = home.key(id);
        let alive = |stored: &Arc<Stored<KeyRecord>>| stored.record.alive(self.now);
        let mut stored = self.service.shelves().get(&row).await?.filter(alive);
        if let Some(key) = &stored
            && key.record.overdue(self.now)
        {
            overdue::settle(self.service, home, id, self.now).await?;
            stored = self.service.shelves().get(&row).await?.filter(alive);
        }
        match stored {
            Some(stored) => Key::new(self.service, home, id, stored, self.now)
                .await
                .map(Some),
            None => Ok(None),
        }
    }
}

/// What a caller hears of a name of its own account that stands for nothing.
fn missing(home: &Home, reference: &KeyRef) -> KmsError {
    match reference {
        KeyRef::KeyId(key) | KeyRef::KeyArn(_, key) => match key {
            NamedKey::Id(id) => KmsError::no_such_key(home.key_arn(*id)),
            NamedKey::Nobody(id) => KmsError::nobody(home.account, &home.region, id),
        },
        KeyRef::AliasName(alias) | KeyRef::AliasArn(_, alias) => match alias {
            NamedAlias::Name(name) => KmsError::no_such_alias(home.alias_arn(name)),
            NamedAlias::Nobody(text) => KmsError::no_such_alias(home.arn_of(text)),
        },
    }
}

/// The two kinds of alias that a use may be of.
pub(crate) trait AliasResource {
    fn alias_arn(&self) -> AliasArn;
}

impl AliasResource for Alias {
    fn alias_arn(&self) -> AliasArn {
        self.arn()
    }
}

impl AliasResource for NewAlias {
    fn alias_arn(&self) -> AliasArn {
        self.arn()
    }
}

impl Home {
    pub(crate) fn key_arn(&self, id: KeyId) -> KeyArn {
        KeyArn {
            account: self.account,
            region: self.region.clone(),
            key_id: id,
        }
    }

    pub(crate) fn alias_arn(&self, name: &AliasName) -> AliasArn {
        AliasArn {
            account: self.account,
            region: self.region.clone(),
            name: name.clone(),
        }
    }

    /// The ARN that a resource of this name would have.
    pub(crate) fn arn_of(&self, resource: &str) -> String {
        let Self { account, region } = self;
        format!(
            "arn:{}:kms:{region}:{account}:{resource}",
            region.partition()
        )
    }
}
