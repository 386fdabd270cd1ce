//! Grants in decisions: whether one of a key's grants covers an action.
//!
//! Only the rows under those names are read by which a grant may name the caller, so that a key
//! with fifty thousand grants costs no more than one with two. What was read is kept with the
//! revision of the set that it belongs to; every grant that is created or ended changes that
//! revision, and the shelves know the newest.
//!
//! AWS: developer guide, "Grants in AWS KMS"; `authorization.md` §5.3 to §5.5.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use strongroom_auth::{
    Caller, GrantCover,
    grant::{Standing, Terms, account_of, best_cover, names_of},
};
use strongroom_model::{AccountId, EncryptionContext, enums::GrantOperation};
use strongroom_store::Revision;

use super::{Aside, RequestFacts, unique_id};
use crate::{
    call::{Call, Key},
    error::KmsError,
    record::GrantRecord,
    service::Service,
};

/// Memory that grants may take, in bytes, counted roughly.
const CACHE_BYTES: u64 = 32 << 20;
/// Sets of grants that the cache is laid out for at first.
const CACHE_SETS: usize = 256;
/// What one grant counts for.
const GRANT_BYTES: u64 = 1024;
/// Grants that one look at the store brings.
const PAGE: usize = 1000;

/// The grants of a key that name one grantee principal.
type Named = Arc<[GrantRecord]>;

/// The grants that name callers, as they were read lately.
pub(crate) struct GrantsOfCallers {
    cache: Cache<String, (Revision, Named), ByCount>,
}

#[derive(Clone)]
struct ByCount;

impl Weighter<String, (Revision, Named)> for ByCount {
    fn weight(&self, row: &String, (_, grants): &(Revision, Named)) -> u64 {
        let count = u64::try_from(grants.len()).unwrap_or(u64::MAX);
        let name = u64::try_from(row.len()).unwrap_or(u64::MAX);
        count.saturating_mul(GRANT_BYTES).saturating_add(name) + 128
    }
}

impl Default for GrantsOfCallers {
    fn default() -> Self {
        Self {
            cache: Cache::with_weighter(CACHE_SETS, CACHE_BYTES, ByCount),
        }
    }
}

impl GrantsOfCallers {
    /// The grants of a key that name this grantee principal.
    async fn of(
        &self,
        service: &Service,
        key: &Key,
        grantee: &str,
    ) -> Result<Option<Named>, KmsError> {
        let (home, id) = (key.home(), key.id());
        let shelves = service.shelves();
        // The set first: what is listed after it is as new as it is, or newer.
        let row = home.grantee_sets(id).row(grantee);
        let Some(set) = shelves.get(&row).await? else {
            return Ok(None);
        };
        if let Some((revision, grants)) = self.cache.get(row.as_str())
            && revision == set.revision
        {
            return Ok(Some(grants));
        }
        let rows = home.grants_to(id, grantee);
        let (mut grants, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = shelves.list(&rows, after.as_deref(), PAGE).await?;
            after = page.rows.last().map(|(name, _)| name.clone());
            grants.extend(page.rows.into_iter().map(|(_, grant)| grant));
            if !page.more {
                break;
            }
        }
        let grants: Named = grants.into();
        let entry = (set.revision, Arc::clone(&grants));
        self.cache.insert(row.as_str().to_owned(), entry);
        Ok(Some(grants))
    }
}

impl Call<'_> {
    /// Whether a grant of the key covers the action for the caller, and how it names the caller:
    /// as closely as one does.
    pub(super) async fn cover(
        &self,
        key: &Key,
        facts: &RequestFacts<'_>,
        action: &str,
        aside: Aside<'_>,
    ) -> Result<GrantCover, KmsError> {
        let (service, caller) = (self.service(), self.caller());
        cover(service, caller, key, action, facts.context(), aside.child).await
    }
}

/// Whether a grant of the key covers the action for a caller with this encryption context and,
/// where a grant is to be created, these terms of it; and how it names the caller.
pub(super) async fn cover(
    service: &Service,
    caller: &Caller,
    key: &Key,
    action: &str,
    context: Option<&EncryptionContext>,
    child: Option<&Terms>,
) -> Result<GrantCover, KmsError> {
    let operation = action.strip_prefix("kms:").and_then(GrantOperation::parse);
    let Some(operation) = operation else {
        return Ok(GrantCover::No);
    };
    let none = EncryptionContext::empty();
    let context = context.unwrap_or(&none);
    // What terms cannot be told is refused for its own sake once permission is given.
    let passes_on = |terms: &Terms| {
        operation != GrantOperation::CreateGrant
            || child.is_none_or(|child| terms.allow_child(child))
    };
    for name in names(caller) {
        let grants = &service.permissions().grants;
        let Some(named) = grants.of(service, key, &name).await? else {
            continue;
        };
        let usable = named
            .iter()
            .filter(|grant| grant.is_to(caller) && passes_on(&grant.terms));
        let terms = usable.map(|grant| &grant.terms);
        let cover = best_cover(terms, caller, operation, context);
        if cover != GrantCover::No {
            return Ok(cover);
        }
    }
    Ok(GrantCover::No)
}

/// The names by which a grant may mean the caller, the closest first.
fn names(caller: &Caller) -> impl Iterator<Item = String> {
    let account = (!caller.is_root()).then(|| account_of(caller));
    names_of(caller).into_iter().chain(account)
}

impl GrantRecord {
    /// Whether the caller is who the grantee's name stood for when the grant was created.
    fn is_to(&self, caller: &Caller) -> bool {
        stands_for(self.grantee_id.as_deref(), caller)
    }

    /// On what strength the caller may retire the grant, if at all. `accounts` are the one that
    /// issued it and the one that owns the key.
    pub(crate) fn standing(&self, caller: &Caller, accounts: [AccountId; 2]) -> Option<Standing> {
        let grantee = stands_for(self.grantee_id.as_deref(), caller);
        let retiring = stands_for(self.retiring_id.as_deref(), caller);
        if grantee && retiring {
            return self.terms.standing(caller, accounts);
        }
        // Somebody else has one of the names now.
        let mut terms = self.terms.clone();
        if !retiring {
            terms.retiring = None;
        }
        if !grantee {
            terms
                .operations
                .retain(|it| *it != GrantOperation::RetireGrant);
        }
        terms.standing(caller, accounts)
    }
}

/// Whether a name that stood for the principal with this id, if it is known, can be the caller's.
fn stands_for(id: Option<&str>, caller: &Caller) -> bool {
    match (id, unique_id(caller)) {
        (Some(id), Some(own)) => id == own,
        // The root is named by its account, which never changes.
        (Some(_), None) | (None, _) => true,
    }
}
