//! AssumeRoleWithWebIdentity: a role for whom an identity provider vouches, without a signature.
//!
//! It has two steps. [`Service::verify_web_identity`] finds out whether a provider that the
//! account of the role declared wrote the token; until then a stranger is asking, of whom the
//! journal hears nothing. [`Service::assume_role_with_web_identity`] then asks the trust policy,
//! and records the call.

use serde_json::json;
use strongroom_auth::{
    Applicant, Caller, Decision,
    condition_key::fold,
    decision::{Grounds, RoleQuestion, decide_role},
    identity::development_caller,
    web_identity::WebIdentityToken,
};
use strongroom_model::Timestamp;

use super::{
    AssumeRoleWithWebIdentity, RoleSession, SessionTag, StsError,
    assume_role::{RoleName, role_seconds, session_tags, trusts_nobody},
    claims::{Claims, Federation},
    facts::RequestFacts,
    session_policy,
    told::{self, Told},
};
use crate::{audit::Entry, identities::Provider, service::Service};

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";
/// How far the clock of a provider may be ahead of ours. Ours: that of a signature for STS.
const SKEW_MILLIS: i64 = 5 * 60 * 1000;
/// The claims of a token that its session keeps. AWS: IAM user guide, "Available keys for AWS
/// OIDC federation".
const KEPT_CLAIMS: [&str; 4] = ["aud", "oaud", "sub", "amr"];

/// Whom an identity provider vouched for, as the answer tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentity {
    /// The issuer of the token.
    pub provider: String,
    /// The audience of the token that the provider was declared with.
    pub audience: String,
    /// Whom the token speaks of.
    pub subject: String,
}

/// A request whose token was verified.
pub struct VerifiedWebIdentity {
    input: AssumeRoleWithWebIdentity,
    role: RoleName,
    identity: WebIdentity,
    provider_arn: String,
    /// By the condition keys that they are.
    claims: Vec<(Box<str>, Box<str>)>,
    tags: Vec<SessionTag>,
    transitive_tag_keys: Vec<String>,
    source_identity: Option<String>,
}

impl std::fmt::Debug for VerifiedWebIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedWebIdentity")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl VerifiedWebIdentity {
    /// Who stands in the entry's place of a caller: nobody, in the account of the role.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller {
            account: self.role.account,
            ..development_caller("", self.role.partition)
        }
    }

    fn told_identity(&self) -> serde_json::Value {
        let WebIdentity {
            provider,
            audience,
            subject,
        } = &self.identity;
        json!({
            "identityProvider": self.provider_arn,
            "principalId": format!("{provider}:{audience}:{subject}"),
            "type": "WebIdentityUser",
            "userName": subject,
        })
    }
}

impl Service {
    /// Finds out whether the account of the role takes the token: a provider that it declared
    /// wrote it, for one of the audiences that it declared, and it counts now. `wall` is the
    /// clock on the wall. In open development every token is taken at its word.
    ///
    /// # Errors
    /// With AWS's refusal, of which nothing is recorded.
    pub async fn verify_web_identity(
        &self,
        input: AssumeRoleWithWebIdentity,
        wall: Timestamp,
    ) -> Result<VerifiedWebIdentity, StsError> {
        let role = RoleName::parse(&input.role_arn)?;
        if input.provider_id.is_some() {
            return Err(StsError::validation(
                "ProviderId names a provider of OAuth 2.0; only OpenID Connect is supported.",
            ));
        }
        let text = input.token.expose();
        let token = WebIdentityToken::parse(text).map_err(|_| not_a_token())?;
        let open = self.authorizer().is_open();
        if token.expires() <= wall && !open {
            let seconds = |at: Timestamp| at.as_millis().div_euclid(1000);
            return Err(StsError::new(
                "ExpiredTokenException",
                400,
                format!(
                    "Token expired: current date/time {} must be before the expiration \
                     date/time {}",
                    seconds(wall),
                    seconds(token.expires())
                ),
            ));
        }
        let issuer = token.issuer();
        let url = issuer.strip_prefix("https://").unwrap_or(issuer);
        let provider = self.oidc_provider(role.account, url).await?;
        let audience = match &provider {
            Some(provider) if !open => self.check(provider, &token, wall).await?,
            None if !open => {
                return Err(StsError::invalid_identity_token(format!(
                    "No OpenIDConnect provider found in your account for {issuer}"
                )));
            }
            _ => token
                .audiences()
                .first()
                .copied()
                .unwrap_or_default()
                .to_owned(),
        };
        let provider_arn = match &provider {
            Some(provider) => provider.arn(),
            None => {
                let (partition, account) = (role.partition, role.account);
                format!("arn:{partition}:iam::{account}:oidc-provider/{url}")
            }
        };
        let name = |claim: &str| fold(&[url, ":", claim].concat()).into_owned();
        let conditions = token.conditions();
        let claims = conditions
            .iter()
            .map(|(claim, value)| (name(claim).into(), value.as_str().into()))
            .collect();
        let (tags, transitive) = token.session_tags().map_err(|_| not_a_token())?;
        let tags = tags.into_iter().map(|(key, value)| SessionTag {
            key: key.into(),
            value: value.into(),
        });
        Ok(VerifiedWebIdentity {
            identity: WebIdentity {
                provider: issuer.to_owned(),
                audience,
                subject: token.subject().to_owned(),
            },
            provider_arn,
            claims,
            tags: tags.collect(),
            transitive_tag_keys: transitive.into_iter().map(str::to_owned).collect(),
            source_identity: token.source_identity().map(str::to_owned),
            role,
            input,
        })
    }

    /// Checks a token against its provider, and gives the audience that counts.
    async fn check(
        &self,
        provider: &Provider,
        token: &WebIdentityToken<'_>,
        wall: Timestamp,
    ) -> Result<String, StsError> {
        let audiences = token.audiences();
        let known = |client: &&String| audiences.contains(&client.as_str());
        let Some(audience) = provider.client_ids.iter().find(known) else {
            return Err(StsError::invalid_identity_token("Incorrect token audience"));
        };
        let source = &*self.outside().key_sets;
        self.key_sets().verify(source, provider, token).await?;
        if token.begins() > Some(wall.plus_millis(SKEW_MILLIS)) {
            return Err(StsError::invalid_identity_token("Token not yet valid"));
        }
        Ok(audience.clone())
    }

    /// Gives whom a provider vouches for temporary credentials of a role.
    ///
    /// # Errors
    /// With AWS's refusal.
    pub async fn assume_role_with_web_identity(
        &self,
        entry: Box<Entry>,
        verified: VerifiedWebIdentity,
        wall: Timestamp,
    ) -> Result<RoleSession, StsError> {
        let input = &verified.input;
        let mut told = Told {
            request: told::assume_role_with_web_identity(input),
            role: Some((input.role_arn.clone(), verified.role.account)),
            identity: Some(verified.told_identity()),
            ..Told::default()
        };
        let outcome = self.make_web_session(&entry, &verified, wall).await;
        if let Ok(session) = &outcome {
            told.response = told::role_session(session);
        }
        self.close_sts(&entry, "AssumeRoleWithWebIdentity", &told, outcome)
            .await
    }

    async fn make_web_session(
        &self,
        entry: &Entry,
        verified: &VerifiedWebIdentity,
        wall: Timestamp,
    ) -> Result<RoleSession, StsError> {
        let input = &verified.input;
        let (policy, arns) = (input.policy.as_deref(), &input.policy_arns);
        session_policy::check(self, verified.role.account, policy, arns).await?;
        let (given, transitive) = (&verified.tags, &verified.transitive_tag_keys);
        let tags = session_tags(given, transitive, Vec::new())?;
        let role = verified.role.find(self, &input.role_arn).await?;
        let facts = RequestFacts {
            entry,
            now: self.now(),
            owner: verified.role.account,
            session_name: &input.session_name,
            duration_seconds: input.duration_seconds,
            external_id: None,
            source_identity: verified.source_identity.as_deref(),
            tags: given,
            transitive_tag_keys: transitive,
            role_tags: role.as_deref().map_or(&[], |role| &role.standing.tags),
            provider: Some(&verified.provider_arn),
            claims: &verified.claims,
        };
        let mut actions = vec![ACTION];
        if !tags.is_empty() {
            actions.push("sts:TagSession");
        }
        if verified.source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        let nobody = trusts_nobody();
        let trust = role.as_deref().map_or(&nobody, |role| &*role.trust);
        for action in actions {
            let decision = if self.authorizer().is_open() {
                Decision::Allow(Grounds::OpenOtherAccount)
            } else {
                decide_role(&RoleQuestion {
                    applicant: Applicant::Federated(&verified.provider_arn),
                    action,
                    role_arn: &input.role_arn,
                    account: verified.role.account,
                    trust,
                    facts: &facts,
                })
            };
            match decision {
                Decision::Allow(grounds) => entry.permitted_by(grounds.as_str()),
                Decision::Deny(denial) => {
                    entry.permitted_by(denial.as_str());
                    let message = format!("Not authorized to perform {action}");
                    return Err(StsError::access_denied(message));
                }
            }
        }
        let seconds = role_seconds(role.as_deref(), input.duration_seconds, false)?;
        let kept = |name: &str| {
            let claim = name.rsplit(':').next().unwrap_or_default();
            KEPT_CLAIMS.contains(&claim)
        };
        let claims = verified.claims.iter().filter(|(name, _)| kept(name));
        let mut session = self.role_session(
            Claims {
                holder: verified
                    .role
                    .holder(role.as_deref(), &input.session_name, false),
                account: verified.role.account,
                partition: verified.role.partition,
                secret_version: 0,
                issued: Timestamp::default(),
                expires: Timestamp::default(),
                source_identity: verified.source_identity.as_deref().map(Into::into),
                policy: input.policy.as_deref().map(Into::into),
                policy_arns: arns.iter().map(|arn| arn.as_str().into()).collect(),
                tags,
                federation: Some(Federation {
                    provider: verified.provider_arn.as_str().into(),
                    claims: claims.cloned().collect(),
                }),
            },
            seconds,
            wall,
        )?;
        session.web_identity = Some(verified.identity.clone());
        Ok(session)
    }
}

fn not_a_token() -> StsError {
    StsError::invalid_identity_token(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access \
         Token)",
    )
}
