//! `model/overlay.toml`: what differs from the service model, each with its reason.

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::model::{Kind, ServiceModel};

/// The whole overlay.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overlay {
    pub(crate) newtype: Vec<Newtype>,
    pub(crate) secret_member: Vec<SecretMember>,
    pub(crate) member_shape: Vec<MemberShape>,
    pub(crate) pattern: Vec<Pattern>,
    pub(crate) accepted_value: Vec<AcceptedValue>,
    pub(crate) enum_order: Vec<EnumOrder>,
    pub(crate) printed_set: Vec<PrintedSet>,
    pub(crate) required_unless: Vec<RequiredUnless>,
    pub(crate) error: Vec<ErrorStatus>,
}

/// A shape that becomes a type of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Newtype {
    pub(crate) shape: String,
    #[serde(rename = "type")]
    pub(crate) rust: String,
    #[serde(default)]
    pub(crate) secret: bool,
    reason: String,
}

/// A member that is secret although its shape is not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretMember {
    pub(crate) structure: String,
    pub(crate) member: String,
    reason: String,
}

/// A member that has another shape than the model says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberShape {
    pub(crate) structure: String,
    pub(crate) member: String,
    pub(crate) shape: String,
    reason: String,
}

/// A pattern that the server checks and the model does not have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pattern {
    pub(crate) shape: String,
    pub(crate) pattern: String,
    reason: String,
}

/// An enum value that the constraint layer lets through and does not print.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedValue {
    pub(crate) shape: String,
    pub(crate) value: String,
    reason: String,
}

/// The order in which the values of an enum are printed; values left out follow in the model's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnumOrder {
    pub(crate) shape: String,
    pub(crate) order: Vec<String>,
    reason: String,
}

/// A member whose error prints the values of another enum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrintedSet {
    pub(crate) structure: String,
    pub(crate) member: String,
    pub(crate) shape: String,
    reason: String,
}

/// A member that is required unless a function of `wire::decode` says otherwise.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequiredUnless {
    pub(crate) structure: String,
    pub(crate) member: String,
    /// Members that are handed to the function.
    pub(crate) given: Vec<String>,
    pub(crate) function: String,
    reason: String,
}

/// An error that the model lacks, or a modelled one whose status is not 400.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorStatus {
    pub(crate) name: String,
    pub(crate) status: u16,
    reason: String,
}

impl Overlay {
    /// Checks that every line has a reason and still speaks of something in the model, so that
    /// a refreshed model cannot leave a line behind without effect.
    pub(crate) fn check(&self, model: &ServiceModel) -> anyhow::Result<()> {
        let shape = |name: &str| {
            let found = model.shapes.get(name);
            found.with_context(|| format!("overlay names shape {name}, which the model lacks"))
        };
        let member = |structure: &str, name: &str| {
            let found = shape(structure)?.members.get(name);
            found.with_context(|| format!("overlay names {structure}.{name}, which is not there"))
        };
        let value = |name: &str, value: &String| {
            let known = shape(name)?.values.contains(value);
            ensure!(known, "overlay names {value}, which {name} lacks");
            Ok(())
        };
        let mut reasons = Vec::new();
        for line in &self.newtype {
            shape(&line.shape)?;
            reasons.push(&line.reason);
        }
        for line in &self.secret_member {
            let target = member(&line.structure, &line.member)?;
            let blob = shape(&target.shape)?.kind == Kind::Blob;
            ensure!(blob, "{}.{} is not a blob", line.structure, line.member);
            reasons.push(&line.reason);
        }
        for line in &self.member_shape {
            member(&line.structure, &line.member)?;
            shape(&line.shape)?;
            reasons.push(&line.reason);
        }
        for line in &self.pattern {
            let modelled = shape(&line.shape)?.pattern.is_some();
            ensure!(!modelled, "{} has a pattern in the model", line.shape);
            reasons.push(&line.reason);
        }
        for line in &self.accepted_value {
            let known = shape(&line.shape)?.values.contains(&line.value);
            ensure!(!known, "{} has {} in the model", line.shape, line.value);
            reasons.push(&line.reason);
        }
        for line in &self.enum_order {
            for text in &line.order {
                value(&line.shape, text)?;
            }
            reasons.push(&line.reason);
        }
        for line in &self.printed_set {
            member(&line.structure, &line.member)?;
            shape(&line.shape)?;
            reasons.push(&line.reason);
        }
        for line in &self.required_unless {
            member(&line.structure, &line.member)?;
            for given in &line.given {
                member(&line.structure, given)?;
            }
            reasons.push(&line.reason);
        }
        reasons.extend(self.error.iter().map(|line| &line.reason));
        let unexplained = reasons.iter().any(|reason| reason.trim().is_empty());
        ensure!(!unexplained, "a line of the overlay has no reason");
        Ok(())
    }
}
