//! Key policy documents: reading them, and refusing what is none.
//!
//! A document is parsed when it is stored and kept as a [`KeyPolicy`]; no call parses JSON.
//! What is accepted is what `authorization.md` §2.1 and §2.8 say, and what is not understood is
//! refused, since a statement that silently means nothing may be the one that was to deny.
//!
//! AWS: IAM user guide, "Grammar of the IAM JSON policy language"; KMS developer guide,
//! "Key policies".

use std::fmt::Write as _;

use serde::Serialize;
use strongroom_model::{AccountId, Partition, errors::ErrorCode};

use super::{
    arn::{self, ArnPattern},
    condition::{Condition, Operator, SetOperator},
    json::{Value, WrongKind},
    pattern::{Atom, Case, Pattern},
    principal::PrincipalPattern,
    template::Template,
};
use crate::condition_key::{ConditionKey, Facts, NoFacts};

pub use strongroom_model::limits::KEY_POLICY_BYTES;

/// A key policy that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPolicy {
    /// Which language the document is written in.
    pub version: Version,
    /// The document's own name.
    pub id: Option<Box<str>>,
    /// Its statements, at least one.
    pub statements: Vec<Statement>,
}

/// The versions of the policy language. Policy variables exist in the later one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `2008-10-17`, also where no version is given.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The statement's name.
    pub sid: Option<Box<str>>,
    /// What it does where it applies.
    pub effect: Effect,
    /// Whom it is about. An identity policy does not say.
    pub principals: Option<Listed<PrincipalPattern>>,
    /// What it is about. A statement of a key policy without actions has no effect.
    pub actions: Option<Listed<Pattern>>,
    /// Which resources it is about. A statement of a key policy without resources has no effect;
    /// a trust policy does not say.
    pub resources: Option<Listed<ResourcePattern>>,
    /// All of these must hold.
    pub conditions: Vec<Condition>,
}

/// What a statement does where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// An element of a statement in one of its two forms: `Action` or `NotAction`, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed<T> {
    /// What is on the list.
    In(Vec<T>),
    /// Everything that is not on the list.
    NotIn(Vec<T>),
}

impl<T> Listed<T> {
    /// Whether a thing is meant, given how list entries match it.
    #[must_use]
    pub fn means(&self, matches: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::In(list) => list.iter().any(matches),
            Self::NotIn(list) => !list.iter().any(matches),
        }
    }

    pub(super) fn entries(&self) -> &[T] {
        let (Self::In(list) | Self::NotIn(list)) = self;
        list
    }
}

/// A resource that a policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePattern(Named);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    /// `*`, which in a key policy is the key itself.
    Any,
    /// An ARN.
    Arn(Box<ArnPattern>),
    /// An ARN that depends on the request: its first five parts with their colons, and the last
    /// one, which alone may have variables.
    Variable(Box<[Atom]>, Template),
    /// Any other text, which names nothing. AWS accepts it.
    Nothing,
}

impl ResourcePattern {
    /// Parses any text.
    #[must_use]
    pub fn parse(text: &str, version: Version) -> Self {
        if text == "*" {
            return Self(Named::Any);
        }
        let named = match arn::parts(text) {
            Some(["arn", _, service, _, _, last]) if !service.contains(['*', '?']) => {
                let template = Template::parse(last, version);
                let start = text.len() - last.len();
                let start: Vec<Atom> = text
                    .get(..start)
                    .unwrap_or_default()
                    .chars()
                    .map(Atom::from)
                    .collect();
                let named = Named::Variable(start.into(), template);
                named.fixed().unwrap_or(named)
            }
            _ => Named::Nothing,
        };
        Self(named)
    }

    /// Whether this names a resource, in a request of which these facts are known.
    #[must_use]
    pub fn matches(&self, target: &Target<'_>, facts: &dyn Facts) -> bool {
        match (&self.0, &target.parts) {
            (Named::Any, _) => true,
            (Named::Nothing, _) | (_, None) => false,
            (Named::Arn(pattern), Some(parts)) => pattern.matches(parts),
            (Named::Variable(start, last), Some(parts)) => {
                arn_of(start, last, facts).is_some_and(|pattern| pattern.matches(parts))
            }
        }
    }
}

impl Named {
    /// The pattern of an ARN that is the same for every request.
    fn fixed(&self) -> Option<Self> {
        match self {
            Self::Variable(start, last) if !last.has_variables() => {
                Some(Self::Arn(Box::new(arn_of(start, last, &NoFacts)?)))
            }
            _ => None,
        }
    }
}

fn arn_of(start: &[Atom], last: &Template, facts: &dyn Facts) -> Option<ArnPattern> {
    let mut atoms = start.to_vec();
    atoms.extend(last.atoms(facts)?);
    ArnPattern::from_atoms(&atoms)
}

/// The resource of a request, made ready to be compared with what policies name: an ARN, or `*`
/// for a request without a resource, which only `*` names.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    parts: Option<[&'a str; 6]>,
}

impl<'a> Target<'a> {
    /// The resource with an ARN.
    #[must_use]
    pub fn new(arn: &'a str) -> Self {
        Self {
            parts: arn::parts(arn),
        }
    }
}

/// What is wrong with a document, before it is known who is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not JSON, or not a policy.
    NoPolicy(String),
    /// Something that can be named.
    Malformed(String),
    /// A principal that a policy of this kind cannot have, or that does not exist.
    InvalidPrincipals(String),
    /// A text that is no principal.
    InvalidArn(String),
}

impl From<WrongKind> for Fault {
    fn from(_: WrongKind) -> Self {
        Self::NoPolicy("a value is of another kind than the policy language has there".to_owned())
    }
}

/// The kinds of policies, which differ in the elements that a statement has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grammar {
    /// A key policy: with principals; a statement without actions or resources has no effect.
    Key,
    /// What an identity may do: without principals.
    Identity,
    /// Who may assume a role: with principals, without resources.
    Trust,
}

/// A document whose statements were read.
pub(super) struct Document {
    pub(super) version: Version,
    pub(super) id: Option<Box<str>>,
    pub(super) statements: Vec<Statement>,
}

impl Document {
    pub(super) fn read(text: &str, grammar: Grammar) -> Result<Self, Fault> {
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
        if !text.chars().all(allowed) {
            return Err(Fault::NoPolicy("a character is not allowed".to_owned()));
        }
        let mut version = Version::V2008;
        let (mut id, mut statements) = (None, None);
        let root = Value::parse(text);
        let root = root.map_err(|_| Fault::NoPolicy("the document is no JSON".to_owned()))?;
        for (name, value) in root.members()? {
            match &*name {
                "Version" => version = read_version(value)?,
                "Id" if grammar != Grammar::Identity => id = Some(value.string()?.into()),
                "Statement" => statements = Some(value.one_or_more()?),
                other => return Err(unknown_element(other)),
            }
        }
        let statements = statements.unwrap_or_default();
        if statements.is_empty() {
            return Err(Fault::NoPolicy("there is no statement".to_owned()));
        }
        let statements = statements
            .into_iter()
            .map(|statement| Statement::read(statement, grammar, version))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            version,
            id,
            statements,
        })
    }
}

/// Why a document is no key policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct PolicyError {
    /// The exception of the API.
    pub code: ErrorCode,
    /// What the caller sees. AWS answers some faults without a text.
    pub message: Option<String>,
    /// What the log says. It may quote the document.
    pub detail: String,
}

impl PolicyError {
    /// A fault that is told to the caller.
    fn malformed(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code: ErrorCode::MalformedPolicyDocumentException,
            detail: message.clone(),
            message: Some(message),
        }
    }

    /// The refusal of a policy that would lock its author out.
    #[must_use]
    pub fn lockout() -> Self {
        Self::malformed(
            "The new key policy will not allow you to update the key policy in the future.",
        )
    }
}

impl From<Fault> for PolicyError {
    fn from(fault: Fault) -> Self {
        match fault {
            // AWS's answer to what is not JSON or not a policy: no text.
            Fault::NoPolicy(detail) => Self {
                code: ErrorCode::MalformedPolicyDocumentException,
                message: None,
                detail,
            },
            Fault::Malformed(message) => Self::malformed(message),
            Fault::InvalidPrincipals(detail) => Self {
                detail,
                ..Self::malformed(
                    "Policy contains a statement with one or more invalid principals.",
                )
            },
            Fault::InvalidArn(detail) => Self {
                code: ErrorCode::InvalidArnException,
                message: Some("An ARN in the specified key policy is invalid.".to_owned()),
                detail,
            },
        }
    }
}

impl KeyPolicy {
    /// Reads a document.
    ///
    /// `principal_exists` is asked about every principal but `*` and services; a policy for
    /// somebody who does not exist is refused, as AWS does. The size limit is the caller's to
    /// check, since breaking it is another exception ([`KEY_POLICY_BYTES`]).
    ///
    /// # Errors
    ///
    /// - `MalformedPolicyDocumentException`: not a policy, or one for unknown principals.
    /// - `InvalidArnException`: a principal that is none.
    pub fn parse(
        text: &str,
        principal_exists: &dyn Fn(&PrincipalPattern) -> bool,
    ) -> Result<Self, PolicyError> {
        let document = Document::read(text, Grammar::Key)?;
        let known = |principal: &PrincipalPattern| match principal {
            PrincipalPattern::Anyone | PrincipalPattern::Service(_) => true,
            other => principal_exists(other),
        };
        let named = document
            .statements
            .iter()
            .filter_map(|s| s.principals.as_ref());
        if let Some(unknown) = named.flat_map(Listed::entries).find(|p| !known(p)) {
            let detail = format!("there is no such principal: {unknown:?}");
            return Err(Fault::InvalidPrincipals(detail).into());
        }
        Ok(Self {
            version: document.version,
            id: document.id,
            statements: document.statements,
        })
    }
}

fn read_version(value: Value<'_>) -> Result<Version, Fault> {
    match value.string()?.as_str() {
        "2012-10-17" => Ok(Version::V2012),
        "2008-10-17" => Ok(Version::V2008),
        _ => Err(Fault::Malformed(
            "The policy version must be 2012-10-17 or 2008-10-17.".to_owned(),
        )),
    }
}

fn unknown_element(name: &str) -> Fault {
    Fault::NoPolicy(format!("there is no element {name:?}"))
}

impl Statement {
    fn read(value: Value<'_>, grammar: Grammar, version: Version) -> Result<Self, Fault> {
        let (mut sid, mut effect, mut conditions) = (None, None, Vec::new());
        let (mut principals, mut actions, mut resources) = (None, None, None);
        let named = |value| read_principals(value, grammar);
        let things = |value| read_resources(value, version);
        for (name, value) in value.members()? {
            match &*name {
                "Sid" => sid = Some(value.string()?.into()),
                "Effect" => effect = Some(read_effect(value)?),
                "Principal" => set(&mut principals, Listed::In(named(value)?))?,
                "NotPrincipal" => set(&mut principals, Listed::NotIn(named(value)?))?,
                "Action" => set(&mut actions, Listed::In(read_actions(value)?))?,
                "NotAction" => set(&mut actions, Listed::NotIn(read_actions(value)?))?,
                "Resource" => set(&mut resources, Listed::In(things(value)?))?,
                "NotResource" => set(&mut resources, Listed::NotIn(things(value)?))?,
                "Condition" => conditions = read_conditions(value, version)?,
                other => return Err(unknown_element(other)),
            }
        }
        let effect = effect
            .ok_or_else(|| Fault::Malformed("A statement must have an Effect.".to_owned()))?;
        let statement = Self {
            sid,
            effect,
            principals,
            actions,
            resources,
            conditions,
        };
        statement.has_the_elements_of(grammar)?;
        Ok(statement)
    }

    /// Refuses a statement without what its kind of policy needs, or with what it cannot have.
    fn has_the_elements_of(&self, grammar: Grammar) -> Result<(), Fault> {
        let refuse = |message: &str| Err(Fault::Malformed(message.to_owned()));
        let with_principals = grammar != Grammar::Identity;
        match &self.principals {
            None if with_principals => {
                return refuse("Policy contains a statement with no principal.");
            }
            Some(list) if with_principals && list.entries().is_empty() => {
                return refuse("Policy contains a statement with no principal.");
            }
            Some(_) if !with_principals => {
                return refuse("Policy document should not specify a principal.");
            }
            Some(Listed::NotIn(_)) if self.effect == Effect::Allow => {
                return refuse("A statement with the Effect Allow must not have a NotPrincipal.");
            }
            _ => {}
        }
        match (grammar, &self.actions, &self.resources) {
            (Grammar::Identity | Grammar::Trust, None, _) => {
                refuse("Policy statement must contain actions.")
            }
            (Grammar::Identity, _, None) => refuse("Policy statement must contain resources."),
            (Grammar::Trust, _, Some(_)) => refuse("Has prohibited field Resource"),
            _ => Ok(()),
        }
    }
}

/// Fills an element that has two forms, of which a statement has only one.
fn set<T>(element: &mut Option<Listed<T>>, value: Listed<T>) -> Result<(), Fault> {
    match element.replace(value) {
        None => Ok(()),
        Some(_) => Err(Fault::NoPolicy(
            "a statement has an element and its negation".to_owned(),
        )),
    }
}

fn read_effect(value: Value<'_>) -> Result<Effect, Fault> {
    match value.string()?.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        _ => Err(Fault::Malformed(
            "An Effect must be Allow or Deny.".to_owned(),
        )),
    }
}

/// Reads a string or a list of at least one.
fn read_strings(value: Value<'_>) -> Result<Vec<String>, Fault> {
    let strings = value
        .one_or_more()?
        .into_iter()
        .map(Value::string)
        .collect::<Result<Vec<_>, _>>()?;
    if strings.is_empty() {
        return Err(Fault::NoPolicy("a list is empty".to_owned()));
    }
    Ok(strings)
}

fn read_principals(value: Value<'_>, grammar: Grammar) -> Result<Vec<PrincipalPattern>, Fault> {
    if let Ok(text) = value.string() {
        return match text.as_str() {
            "*" => Ok(vec![PrincipalPattern::Anyone]),
            _ => Err(Fault::NoPolicy("a principal has no kind".to_owned())),
        };
    }
    let mut principals = Vec::new();
    for (kind, value) in value.members()? {
        for text in read_strings(value)? {
            let principal = match &*kind {
                "AWS" => PrincipalPattern::parse_aws(&text)
                    .ok_or_else(|| Fault::InvalidArn(format!("no principal: {text:?}"))),
                "Service" => PrincipalPattern::parse_service(&text)
                    .ok_or_else(|| Fault::InvalidPrincipals(format!("no service: {text:?}"))),
                "Federated" if grammar == Grammar::Trust => {
                    PrincipalPattern::parse_federated(&text).ok_or_else(|| {
                        Fault::InvalidPrincipals(format!("no identity provider: {text:?}"))
                    })
                }
                "Federated" | "CanonicalUser" => Err(Fault::InvalidPrincipals(format!(
                    "there are no principals of the kind {kind} here"
                ))),
                other => Err(unknown_element(other)),
            };
            principals.push(principal?);
        }
    }
    Ok(principals)
}

fn read_actions(value: Value<'_>) -> Result<Vec<Pattern>, Fault> {
    let read = |text: String| match text.split_once(':') {
        _ if text == "*" => Ok(Pattern::parse("*", Case::Insensitive)),
        Some((service, name)) if !service.is_empty() && !name.is_empty() => {
            Ok(Pattern::parse(&text, Case::Insensitive))
        }
        _ => Err(Fault::Malformed(
            "An action must be * or have the form service:name.".to_owned(),
        )),
    };
    read_strings(value)?.into_iter().map(read).collect()
}

fn read_resources(value: Value<'_>, version: Version) -> Result<Vec<ResourcePattern>, Fault> {
    let texts = read_strings(value)?.into_iter();
    Ok(texts
        .map(|text| ResourcePattern::parse(&text, version))
        .collect())
}

fn read_conditions(value: Value<'_>, version: Version) -> Result<Vec<Condition>, Fault> {
    let mut conditions = Vec::new();
    for (name, keys) in value.members()? {
        let operator = Operator::parse(&name)
            .ok_or_else(|| Fault::Malformed(format!("There is no condition operator {name}.")))?;
        for (key, values) in keys.members()? {
            refuse_overly_permissive(operator, &key)?;
            let values = values
                .one_or_more()?
                .into_iter()
                .map(|value| value.scalar().map(String::into_boxed_str))
                .collect::<Result<_, _>>()?;
            conditions.push(Condition::new(operator, key.into(), values, version));
        }
    }
    Ok(conditions)
}

/// Refuses `ForAllValues` with a key that has one value: it also matches requests that do not
/// carry the key at all. AWS: KMS developer guide, "AWS KMS condition keys".
fn refuse_overly_permissive(operator: Operator, key: &str) -> Result<(), Fault> {
    let what = match ConditionKey::parse(key) {
        ConditionKey::EncryptionContext(_) => "encryption context",
        ConditionKey::RequestTag(_) => "tag",
        _ => return Ok(()),
    };
    if operator.set != Some(SetOperator::ForAllValues) {
        return Ok(());
    }
    Err(Fault::Malformed(format!(
        "OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued \
         condition key matches requests without the specified {what} or with an unspecified \
         {what}. To fix, remove ForAllValues."
    )))
}

/// The key policy of a key that was created without one, in the form in which AWS prints it.
///
/// It gives the account full access, which lets the account's own policies decide.
#[must_use]
pub fn default_key_policy(account: AccountId, partition: Partition) -> String {
    let mut text = String::with_capacity(320);
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    );
    text
}

#[cfg(test)]
mod tests;
