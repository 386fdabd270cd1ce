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
    Caller, GrantCover, GrantReport,
    decision::GranteeKind,
    grant::{Misfit, Standing, Terms, account_of, best_cover, names_of},
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

/// The grants of a key that name one grantee principal, by their ids.
pub(crate) type Named = Arc<[(String, GrantRecord)]>;

/// Grants of others that an explanation lists.
const OTHERS: usize = 100;

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
            grants.extend(page.rows);
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
    /// as closely as one does; and the grants that this was found out by.
    pub(super) async fn cover(
        &self,
        key: &Key,
        facts: &RequestFacts<'_>,
        action: &str,
        aside: Aside<'_>,
    ) -> Result<(GrantCover, Vec<Named>), KmsError> {
        let (service, caller) = (self.service(), self.caller());
        cover(service, caller, key, action, facts.context(), aside.child).await
    }
}

/// Whether a grant of the key covers the action for a caller with this encryption context and,
/// where a grant is to be created, these terms of it; and how it names the caller. Beside it are
/// the grants that this was found out by.
pub(super) async fn cover(
    service: &Service,
    caller: &Caller,
    key: &Key,
    action: &str,
    context: Option<&EncryptionContext>,
    child: Option<&Terms>,
) -> Result<(GrantCover, Vec<Named>), KmsError> {
    let mut looked_at = Vec::new();
    let Some(operation) = operation_of(action) else {
        return Ok((GrantCover::No, looked_at));
    };
    let none = EncryptionContext::empty();
    let context = context.unwrap_or(&none);
    for name in names(caller) {
        let grants = &service.permissions().grants;
        let Some(named) = grants.of(service, key, &name).await? else {
            continue;
        };
        let usable = named
            .iter()
            .filter(|(_, grant)| grant.is_to(caller) && passes_on(&grant.terms, operation, child));
        let terms = usable.map(|(_, grant)| &grant.terms);
        let cover = best_cover(terms, caller, operation, context);
        looked_at.push(named);
        if cover != GrantCover::No {
            return Ok((cover, looked_at));
        }
    }
    Ok((GrantCover::No, looked_at))
}

/// What grants call an action.
fn operation_of(action: &str) -> Option<GrantOperation> {
    action.strip_prefix("kms:").and_then(GrantOperation::parse)
}

/// Whether a grant allows the creation of another one with these terms, where that is what the
/// operation is. What terms cannot be told is refused for its own sake once permission is given.
fn passes_on(terms: &Terms, operation: GrantOperation, child: Option<&Terms>) -> bool {
    operation != GrantOperation::CreateGrant || child.is_none_or(|child| terms.allow_child(child))
}

/// What an explanation says of grants.
pub(super) struct Considered<'a> {
    pub(super) caller: &'a Caller,
    pub(super) key: &'a Key,
    pub(super) action: &'a str,
    pub(super) context: Option<&'a EncryptionContext>,
    pub(super) child: Option<&'a Terms>,
    /// Those that may name the caller, as they were when it was decided.
    pub(super) looked_at: &'a [Named],
    /// Whether a grant decided.
    pub(super) decided: bool,
}

impl Considered<'_> {
    /// Each grant that was looked at, and then as many of those that name others as there is room
    /// for, as they are now.
    pub(super) async fn reports(&self, service: &Service) -> Result<Vec<GrantReport>, KmsError> {
        let Some(operation) = operation_of(self.action) else {
            return Ok(Vec::new());
        };
        let none = EncryptionContext::empty();
        let context = self.context.unwrap_or(&none);
        let mut all: Vec<(GrantReport, GrantCover)> = Vec::new();
        for (id, grant) in self.looked_at.iter().flat_map(|named| named.iter()) {
            let fit = match grant.terms.fit(self.caller, operation, context) {
                Ok(_) if !grant.is_to(self.caller) => Err(Misfit::FormerPrincipal),
                Ok(_) if !passes_on(&grant.terms, operation, self.child) => Err(Misfit::NewGrant),
                fit => fit,
            };
            let cover = fit.map_or(GrantCover::No, GrantCover::To);
            all.push((report(id, grant, fit), cover));
        }
        if self.decided {
            let nearest = all.iter().map(|(_, cover)| cover.nearness()).max();
            let decisive = all
                .iter_mut()
                .find(|(_, cover)| Some(cover.nearness()) == nearest && *cover != GrantCover::No);
            if let Some((report, _)) = decisive {
                report.decided = true;
            }
        }
        let mut all: Vec<GrantReport> = all.into_iter().map(|(report, _)| report).collect();
        let rows = self.key.home().grants(self.key.id());
        let page = service.shelves().list(&rows, None, OTHERS).await?;
        for (id, grant) in &page.rows {
            if grant.terms.grantee.names(self.caller).is_none()
                && all.iter().all(|known| known.id != *id)
            {
                all.push(report(id, grant, Err(Misfit::Grantee)));
            }
        }
        Ok(all)
    }
}

fn report(id: &str, grant: &GrantRecord, fit: Result<GranteeKind, Misfit>) -> GrantReport {
    let operations = grant.terms.operations.iter();
    GrantReport {
        id: id.to_owned(),
        name: grant.name.clone(),
        grantee: grant.terms.grantee.as_str().to_owned(),
        operations: operations.map(|operation| operation.as_str()).collect(),
        constraint: grant.terms.context.clone(),
        covers: fit.ok(),
        misfit: fit.err(),
        decided: false,
    }
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
