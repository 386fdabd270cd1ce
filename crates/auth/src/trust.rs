//! Who may assume a role.
//!
//! A trust policy is the policy of a resource, the role, and decides about callers with a
//! signature as a key policy does about its key: who is named is let in, within an account or
//! together with their own policies across accounts; an account that is named delegates. Callers
//! for whom only an identity provider vouches have no policies of their own, and nothing but the
//! trust policy speaks of them.
//!
//! AWS: IAM user guide, "Policy evaluation logic" and "Creating a role for OpenID Connect
//! federation".

use strongroom_model::AccountId;

use crate::{
    condition_key::Facts,
    decision::{Authorizer, Decision, GrantCover, Question, Resource, ResourceKind},
    identity::Caller,
    policy::{
        KeyPolicy, PrincipalPattern, TrustPolicy,
        document::{Effect, Listed, ResourcePattern, Statement},
    },
};

/// What a caller wants to do with a role.
#[derive(Clone, Copy, Debug)]
pub struct TrustQuestion<'a> {
    /// Who wants it.
    pub caller: &'a Caller,
    /// `sts:AssumeRole`, `sts:TagSession` or `sts:SetSourceIdentity`.
    pub action: &'static str,
    /// The ARN of the role, whether or not there is one.
    pub role_arn: &'a str,
    /// The account of the role.
    pub owner: AccountId,
    /// Who may; none for a role that does not exist, which nobody may assume.
    pub trust: Option<&'a TrustPolicy>,
    /// What is known of the request.
    pub facts: &'a dyn Facts,
}

/// Asks whether a caller may do something with a role.
pub fn decide_trust(authorizer: &dyn Authorizer, question: &TrustQuestion<'_>) -> Decision {
    let policy = question.trust.map(as_resource_policy);
    authorizer.decide(&Question {
        caller: question.caller,
        action: question.action,
        resource: Resource {
            owner: question.owner,
            arn: question.role_arn,
            // As of a key: what has a policy of its own, without which nobody gets in.
            kind: ResourceKind::Key,
            aws_managed: false,
        },
        cross_account_allowed: true,
        named_by_ciphertext: false,
        facts: question.facts,
        key_policy: policy.as_ref(),
        grant: GrantCover::No,
    })
}

/// A trust policy with the one thing that its statements leave out: that they are about the role.
fn as_resource_policy(trust: &TrustPolicy) -> KeyPolicy {
    let about_it = |statement: &Statement| Statement {
        resources: Some(Listed::In(vec![ResourcePattern::parse("*", trust.version)])),
        ..statement.clone()
    };
    KeyPolicy {
        version: trust.version,
        id: None,
        statements: trust.statements.iter().map(about_it).collect(),
    }
}

/// Whether a trust policy admits whom an identity provider vouches for: a statement allows it
/// that names the provider, and none denies it.
///
/// Everybody, `*`, is no provider where something is allowed: who is let in without a signature
/// has to be named.
#[must_use]
pub fn admits_web_identity(
    trust: &TrustPolicy,
    provider_arn: &str,
    action: &str,
    facts: &dyn Facts,
) -> bool {
    let applies = |effect: Effect, statement: &Statement| {
        statement.effect == effect
            && names_provider(statement, provider_arn)
            && statement
                .actions
                .as_ref()
                .is_some_and(|actions| actions.means(|pattern| pattern.matches(action)))
            && statement
                .conditions
                .iter()
                .all(|condition| condition.holds(facts))
    };
    let any = |effect| trust.statements.iter().any(|s| applies(effect, s));
    any(Effect::Allow) && !any(Effect::Deny)
}

fn names_provider(statement: &Statement, provider_arn: &str) -> bool {
    let Some(principals) = &statement.principals else {
        return false;
    };
    principals.means(|principal| match principal {
        PrincipalPattern::Federated(arn) => **arn == *provider_arn,
        PrincipalPattern::Anyone => statement.effect == Effect::Deny,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use strongroom_model::Partition;

    use super::*;
    use crate::{
        condition_key::{ConditionKey, NoFacts, Values},
        decision::{Grounds, Open},
        identity::AccessKeyId,
    };

    const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/issuer.example";
    const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

    struct Claims(&'static [(&'static str, &'static str)]);

    impl Facts for Claims {
        fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
            let ConditionKey::Other(name) = key else {
                return Values::Absent;
            };
            let found = self.0.iter().find(|(known, _)| **known == **name);
            Values::of(found.map(|(_, value)| *value))
        }
    }

    fn trust(statements: &str) -> TrustPolicy {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        TrustPolicy::parse(&text).unwrap()
    }

    fn statement(effect: &str, principal: &str, action: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"{effect}",{principal},"Action":"{action}","Condition":{condition}}}"#
        )
    }

    #[test]
    fn a_provider_has_to_be_named_with_the_action_and_its_claims() {
        let federated = format!(r#""Principal":{{"Federated":"{PROVIDER}"}}"#);
        let sub = r#"{"StringEquals":{"Issuer.example:sub":"user-1"}}"#;
        let check = |statements: String, sub: &'static str, expected: bool| {
            let facts: Claims = match sub {
                "user-1" => Claims(&[("issuer.example:sub", "user-1")]),
                "user-2" => Claims(&[("issuer.example:sub", "user-2")]),
                _ => Claims(&[]),
            };
            let trust = trust(&statements);
            let admitted = admits_web_identity(&trust, PROVIDER, ACTION, &facts);
            assert_eq!(admitted, expected, "{statements} {sub}");
        };
        let allow = statement("Allow", &federated, ACTION, sub);
        check(allow.clone(), "user-1", true);
        check(allow.clone(), "user-2", false);
        check(allow.clone(), "", false);
        check(statement("Allow", &federated, "sts:*", "{}"), "", true);
        check(statement("Allow", &federated, "sts:AssumeRole", "{}"), "", false);
        let other = federated.replace("issuer.example", "other.example");
        check(statement("Allow", &other, ACTION, "{}"), "", false);
        let anyone = r#""Principal":"*""#;
        check(statement("Allow", anyone, ACTION, "{}"), "", false);
        let account = r#""Principal":{"AWS":"111122223333"}"#;
        check(statement("Allow", account, ACTION, "{}"), "", false);
        for denied in [&federated, anyone] {
            let deny = statement("Deny", denied, "sts:*", "{}");
            check(format!("{allow},{deny}"), "user-1", false);
        }
        let but_this = format!(r#""NotPrincipal":{{"Federated":"{PROVIDER}"}}"#);
        let deny = statement("Deny", &but_this, "sts:*", "{}");
        check(format!("{allow},{deny}"), "user-1", true);
    }

    #[test]
    fn in_the_open_whoever_asks_may() {
        let account = AccountId::parse("111122223333").unwrap();
        let id = AccessKeyId::parse("AKIDSTRONGROOM000001").unwrap();
        let caller = Caller::root(account, Partition::Aws, id);
        let question = TrustQuestion {
            caller: &caller,
            action: "sts:AssumeRole",
            role_arn: "arn:aws:iam::111122223333:role/Dev",
            owner: account,
            trust: None,
            facts: &NoFacts,
        };
        let decision = decide_trust(&Open, &question);
        assert_eq!(decision, Decision::Allow(Grounds::OpenOwnAccount));
    }
}
