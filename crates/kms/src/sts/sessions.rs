//! Sessions that come in: from an access key id and a token to who is calling.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;
use strongroom_auth::{
    AccessKeyId, Caller, Credential, LookUp, NamedPolicy, Principal, SessionFacts, SigningSecret,
    Standing, condition_key::fold,
};
use strongroom_model::SessionToken;

use super::{
    claims::{Claims, Holder},
    session_policy,
};
use crate::{
    error::KmsError,
    identities::{Role, User},
    service::Service,
};

/// Sessions kept open at most.
const OPEN: usize = 10_000;
/// How long an opened token is kept.
const KEPT: Duration = Duration::from_secs(60);

/// The sessions whose tokens were opened lately.
pub(crate) struct Sessions {
    cache: Cache<String, Arc<Opened>>,
}

/// A token that was opened.
struct Opened {
    at: Instant,
    token: SessionToken,
    claims: Claims,
    secret: Arc<SigningSecret>,
    /// The session policy that was spelled out.
    policies: Option<Vec<NamedPolicy>>,
    /// Who is calling, and what this was made of.
    caller: Mutex<Option<(Owner, Managed, Arc<Caller>)>>,
}

/// The managed policies that are session policies, as the records say now. Nothing when one of
/// them is not there any more: then the session may do nothing, since what it denied is not known.
type Managed = Option<Vec<NamedPolicy>>;

fn same_managed(one: &Managed, other: &Managed) -> bool {
    let same = |one: &NamedPolicy, other: &NamedPolicy| Arc::ptr_eq(&one.policy, &other.policy);
    match (one, other) {
        (Some(one), Some(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Whose session it is, as the records say now.
#[derive(Clone)]
enum Owner {
    Role(Arc<Role>),
    User(Arc<User>),
    /// Nobody's whose record could change: the root's, or that of a role taken at its word.
    Fixed,
}

impl Owner {
    /// Whether it is the very same value. One that was looked up stays so until something about
    /// it changes.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Role(one), Self::Role(other)) => Arc::ptr_eq(one, other),
            (Self::User(one), Self::User(other)) => Arc::ptr_eq(one, other),
            (Self::Fixed, Self::Fixed) => true,
            _ => false,
        }
    }
}

impl Sessions {
    pub(crate) fn new() -> Self {
        Self {
            cache: Cache::new(OPEN),
        }
    }

    /// Who comes in with an access key id and a token.
    ///
    /// Token and id have to belong together, the session must not have ended, and the role or
    /// user has to be there: not another one of the same name.
    pub(crate) async fn look_up(
        &self,
        service: &Service,
        access_key_id: &str,
        token: &str,
    ) -> Result<LookUp, KmsError> {
        let Ok(id) = AccessKeyId::parse(access_key_id) else {
            return Ok(LookUp::Unknown);
        };
        let Some(opened) = self.open(service, &id, token)? else {
            return Ok(LookUp::Unknown);
        };
        if opened.claims.expires <= service.now() {
            return Ok(LookUp::Expired);
        }
        let owner = match owner(service, &opened.claims).await? {
            Some(owner) => owner,
            None => return Ok(LookUp::Unknown),
        };
        if let Owner::Role(role) = &owner
            && role.sessions_not_before > Some(opened.claims.issued)
        {
            return Ok(LookUp::Expired);
        }
        let managed = service.managed_policies(&opened.claims.policy_arns).await?;
        Ok(LookUp::Found(Credential {
            caller: opened.caller(owner, managed, &id),
            secret: Arc::clone(&opened.secret),
            active: true,
        }))
    }

    /// Opens a token, or finds it open.
    fn open(
        &self,
        service: &Service,
        id: &AccessKeyId,
        text: &str,
    ) -> Result<Option<Arc<Opened>>, KmsError> {
        let token = SessionToken::new(text.to_owned());
        if let Some(opened) = self.cache.get(id.as_str())
            && opened.at.elapsed() < KEPT
            && opened.token == token
        {
            return Ok(Some(opened));
        }
        let custody = service.custody();
        let Ok(bytes) = custody.open_session(id.as_str(), text) else {
            return Ok(None);
        };
        // From here on the token is ours; what cannot be read now is refused all the same.
        let Some(claims) = Claims::from_bytes(&bytes) else {
            return Ok(None);
        };
        let Ok(policies) = session_policy::compile(claims.policy.as_deref()) else {
            return Ok(None);
        };
        let secret = custody.session_secret_by(claims.secret_version, id.as_str());
        let Ok(secret) = secret else {
            return Ok(None);
        };
        let opened = Arc::new(Opened {
            at: Instant::now(),
            token,
            claims,
            secret: Arc::new(SigningSecret::new(secret)),
            policies,
            caller: Mutex::default(),
        });
        let kept = Arc::clone(&opened);
        self.cache.insert(id.as_str().to_owned(), kept);
        Ok(Some(opened))
    }
}

/// Whose session it is, or nothing when there is no such role or user any more.
async fn owner(service: &Service, claims: &Claims) -> Result<Option<Owner>, KmsError> {
    Ok(match &claims.holder {
        Holder::Root => Some(Owner::Fixed),
        Holder::Role {
            undeclared: true, ..
        } => service.authorizer().is_open().then_some(Owner::Fixed),
        Holder::Role {
            unique_id, name, ..
        } => service
            .role(claims.account, name)
            .await?
            .filter(|role| *role.unique_id == **unique_id)
            .map(Owner::Role),
        Holder::User { unique_id, name } => service
            .user(claims.account, name)
            .await?
            .filter(|user| *user.unique_id == **unique_id)
            .map(Owner::User),
    })
}

impl Opened {
    /// Who is calling: made once for each state of the owner's records.
    fn caller(&self, owner: Owner, managed: Managed, id: &AccessKeyId) -> Arc<Caller> {
        let mut known = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, under, caller)) = &*known
            && of.is(&owner)
            && same_managed(under, &managed)
        {
            return Arc::clone(caller);
        }
        let caller = Arc::new(self.make_caller(&owner, managed.as_deref(), id));
        *known = Some((owner, managed, Arc::clone(&caller)));
        caller
    }

    fn make_caller(
        &self,
        owner: &Owner,
        managed: Option<&[NamedPolicy]>,
        id: &AccessKeyId,
    ) -> Caller {
        let claims = &self.claims;
        let principal = match (&claims.holder, owner) {
            (
                Holder::Role {
                    unique_id,
                    path,
                    name,
                    session_name,
                    ..
                },
                owner,
            ) => Principal::AssumedRole {
                role_path: match owner {
                    Owner::Role(role) => Arc::clone(&role.path),
                    _ => (&**path).into(),
                },
                role_name: (&**name).into(),
                role_id: (&**unique_id).into(),
                session_name: (&**session_name).into(),
            },
            (Holder::User { .. }, Owner::User(user)) => Principal::User {
                path: Arc::clone(&user.path),
                name: Arc::clone(&user.name),
                unique_id: Arc::clone(&user.unique_id),
            },
            (Holder::User { unique_id, name }, _) => Principal::User {
                path: "/".into(),
                name: (&**name).into(),
                unique_id: (&**unique_id).into(),
            },
            (Holder::Root, _) => Principal::Root,
        };
        let own = match owner {
            Owner::Role(role) => Some(&role.standing),
            Owner::User(user) => Some(&user.standing),
            Owner::Fixed => None,
        };
        Caller {
            account: claims.account,
            partition: claims.partition,
            principal,
            access_key_id: id.clone(),
            standing: Arc::new(self.standing(own.map(AsRef::as_ref), managed)),
        }
    }

    /// The owner's side, under the session's ceiling and with the session's tags over its own.
    fn standing(&self, own: Option<&Standing>, managed: Option<&[NamedPolicy]>) -> Standing {
        let claims = &self.claims;
        let mut standing = own.cloned().unwrap_or_default();
        standing.session = match managed {
            Some([]) => self.policies.clone(),
            Some(managed) => {
                let spelled_out = self.policies.iter().flatten();
                Some(spelled_out.chain(managed).cloned().collect())
            }
            None => Some(Vec::new()),
        };
        for tag in &claims.tags {
            let folded = fold(&tag.key);
            standing.tags.retain(|(key, _)| fold(key) != folded);
            standing.tags.push((tag.key.clone(), tag.value.clone()));
        }
        let federation = claims.federation.as_ref();
        standing.session_facts = Some(SessionFacts {
            issued: claims.issued,
            expires: claims.expires,
            federated_provider: federation.map(|federation| federation.provider.clone()),
            source_identity: claims.source_identity.clone(),
            claims: federation.map_or_else(Vec::new, |federation| federation.claims.clone()),
            transitive_tag_keys: claims
                .tags
                .iter()
                .filter(|tag| tag.transitive)
                .map(|tag| tag.key.clone())
                .collect(),
            mfa: false,
        });
        standing
    }
}
