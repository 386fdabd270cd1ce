//! Decisions, counted by what they were and why.

use std::sync::{Arc, atomic::AtomicU64};

use strongroom_auth::{
    Authorizer, Decision, Denial, Question,
    decision::{Grounds, PolicyKind},
};

use super::{Metrics, count};

/// Everything that a decision can be, each with a place of its own.
const KINDS: [Decision; 22] = [
    Decision::Allow(Grounds::AccountRoot),
    Decision::Allow(Grounds::OpenOwnAccount),
    Decision::Allow(Grounds::OpenOtherAccount),
    Decision::Allow(Grounds::AwsManagedKeyPolicy),
    Decision::Allow(Grounds::KeyPolicy),
    Decision::Allow(Grounds::IdentityPolicy),
    Decision::Allow(Grounds::Grant),
    Decision::Allow(Grounds::RoleTrustPolicy),
    Decision::Deny(Denial::Hidden),
    Decision::Deny(Denial::HiddenByCiphertext),
    Decision::Deny(Denial::Implicit(PolicyKind::Identity)),
    Decision::Deny(Denial::Implicit(PolicyKind::Resource)),
    Decision::Deny(Denial::Implicit(PolicyKind::PermissionsBoundary)),
    Decision::Deny(Denial::Implicit(PolicyKind::Session)),
    Decision::Deny(Denial::Implicit(PolicyKind::ServiceControl)),
    Decision::Deny(Denial::Implicit(PolicyKind::RoleTrust)),
    Decision::Deny(Denial::Explicit(PolicyKind::Identity)),
    Decision::Deny(Denial::Explicit(PolicyKind::Resource)),
    Decision::Deny(Denial::Explicit(PolicyKind::PermissionsBoundary)),
    Decision::Deny(Denial::Explicit(PolicyKind::Session)),
    Decision::Deny(Denial::Explicit(PolicyKind::ServiceControl)),
    Decision::Deny(Denial::Explicit(PolicyKind::RoleTrust)),
];

fn place(decision: Decision) -> usize {
    match decision {
        Decision::Allow(grounds) => grounds as usize,
        Decision::Deny(Denial::Hidden) => 8,
        Decision::Deny(Denial::HiddenByCiphertext) => 9,
        Decision::Deny(Denial::Implicit(kind)) => 10 + kind as usize,
        Decision::Deny(Denial::Explicit(kind)) => 16 + kind as usize,
    }
}

/// A counter for each kind of decision.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Decisions([AtomicU64; KINDS.len()]);

impl Default for Decisions {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; KINDS.len()])
    }
}

impl Decisions {
    /// The labels `effect` and `source` of each, and its counter.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static str, &'static str, &AtomicU64)> {
        KINDS.iter().zip(&self.0).map(|(kind, counter)| match kind {
            Decision::Allow(grounds) => ("allow", grounds.as_str(), counter),
            Decision::Deny(denial) => ("deny", denial.as_str(), counter),
        })
    }
}

/// An authorizer whose decisions are counted.
pub struct Counted {
    authorizer: Box<dyn Authorizer>,
    metrics: Arc<Metrics>,
}

impl Counted {
    /// Counts what the authorizer decides.
    #[must_use]
    pub fn new(authorizer: impl Authorizer + 'static, metrics: &Arc<Metrics>) -> Self {
        Self {
            authorizer: Box::new(authorizer),
            metrics: Arc::clone(metrics),
        }
    }
}

impl Authorizer for Counted {
    fn decide(&self, question: &Question<'_>) -> Decision {
        let decision = self.authorizer.decide(question);
        count(&self.metrics.decisions.0, place(decision));
        decision
    }

    fn is_open(&self) -> bool {
        self.authorizer.is_open()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_has_a_place_of_its_own() {
        for (at, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(place(kind), at, "{kind:?}");
        }
    }
}
