//! Who signs the checkpoints of the journal, and who is trusted to have signed them.
//!
//! The keys are those of the job `audit-signer`: of the installation, wrapped by its root key,
//! and out of reach of every call. Each version signs until it hands over to the next.

use std::sync::Arc;

use serde::Serialize;
use strongroom_crypto::{AuditPair, AuditSigner};
use strongroom_model::Clock;
use strongroom_store::journal::{
    CheckSignature, Notary, NoteKey, NoteKeyKind, NoteSignature, Seq, Signer, TrustedKeys, origin,
    public_keys,
};

use crate::{
    aside::keeps_up,
    audit::{OwnEvent, RequestId, own_event},
    custody::{AuditSigners, Custody},
    installation::InstallationError,
    service::Service,
};

/// Whether a signature of a checkpoint verifies, for whoever has its public key.
#[must_use]
pub fn verifies(kind: NoteKeyKind, public_key: &[u8], text: &[u8], signature: &[u8]) -> bool {
    match kind {
        NoteKeyKind::Ed25519 => AuditSigner::verifies_ed25519(public_key, text, signature),
        NoteKeyKind::MlDsa65 => AuditSigner::verifies_ml_dsa_65(public_key, text, signature),
    }
}

/// Signs for an installation.
pub(crate) struct AuditNotary {
    installation: String,
    signers: Arc<AuditSigners>,
    clock: Arc<dyn Clock>,
}

impl AuditNotary {
    pub(crate) fn new(custody: &Custody, clock: Arc<dyn Clock>) -> Self {
        Self {
            installation: custody.cluster_id().to_owned(),
            signers: Arc::clone(custody.audit_signers()),
            clock,
        }
    }
}

impl Notary for AuditNotary {
    fn installation(&self) -> &str {
        &self.installation
    }

    fn now(&self) -> String {
        let seconds = self.clock.now().as_millis().div_euclid(1000);
        jiff::Timestamp::from_second(seconds)
            .map(|time| time.to_string())
            .unwrap_or_default()
    }

    fn take_seat(&self) {
        keeps_up();
    }

    fn signers(&self) -> Vec<Signer> {
        pairs(&self.installation, &self.signers)
    }

    fn newest(&self) -> u32 {
        self.signers.now().newest()
    }

    fn check(&self) -> CheckSignature {
        verifies
    }

    fn sign(&self, version: u32, text: &str) -> Result<Vec<NoteSignature>, String> {
        let signers = self.signers.now();
        let signer = signers
            .get(version)
            .ok_or_else(|| format!("version {version} of what signs the journal is gone"))?;
        let signed = signer
            .sign(text.as_bytes())
            .map_err(|error| error.to_string())?;
        let keys = note_keys(self.installation(), signer.public_keys());
        let signatures = [signed.ed25519, signed.ml_dsa_65];
        let signed = keys.iter().zip(signatures);
        Ok(signed
            .map(|(key, signature)| NoteSignature::by(key, signature))
            .collect())
    }
}

fn pairs(installation: &str, signers: &AuditSigners) -> Vec<Signer> {
    let signer = |signer: &AuditSigner| Signer {
        version: signer.version(),
        keys: note_keys(installation, signer.public_keys()).into(),
    };
    signers.now().all().map(signer).collect()
}

fn note_keys(installation: &str, keys: AuditPair) -> [NoteKey; 2] {
    let key = |kind, public_key| NoteKey {
        name: origin(installation),
        kind,
        public_key,
    };
    [
        key(NoteKeyKind::Ed25519, keys.ed25519),
        key(NoteKeyKind::MlDsa65, keys.ml_dsa_65),
    ]
}

/// What became of a rotation of what signs checkpoints of the journal.
#[derive(Clone, Debug, Serialize)]
pub struct AuditSignerRotation {
    /// The edition that signs now.
    pub audit_signer_version: u32,
    /// The size of the checkpoint that handed over to it.
    pub handed_over_at: Seq,
    /// Its public keys, with their term.
    pub public_keys: Vec<String>,
}

impl Service {
    /// The public keys of everything that signs or has signed checkpoints of the journal, with
    /// their terms.
    ///
    /// # Errors
    /// When the checkpoints that handed over cannot be read, or are not genuine.
    pub fn audit_keys(&self) -> Result<TrustedKeys, InstallationError> {
        let custody = self.custody();
        let pairs: Vec<_> = pairs(custody.cluster_id(), custody.audit_signers())
            .into_iter()
            .map(|signer| signer.keys)
            .collect();
        let Some(dir) = self.journal().dir() else {
            let keys = pairs.into_iter().flatten().collect();
            return Ok(TrustedKeys::new(keys, verifies));
        };
        public_keys(dir, &pairs, verifies)
            .map_err(|error| InstallationError::Service(error.to_string()))
    }

    /// Makes another pair of keys that signs checkpoints, and has the one in use hand over to it.
    /// A crash in between is made good by the next checkpoint.
    ///
    /// # Errors
    /// When the journal or the store fails, or somebody else does the same at this moment.
    pub async fn rotate_audit_signer(&self) -> Result<AuditSignerRotation, InstallationError> {
        self.check_journal()?;
        let made = self.custody().add_audit_signer("BeginAuditSignerRotation");
        let version = made.await?.ok_or_else(|| {
            InstallationError::Service(
                "the keys that sign the journal were changed by somebody else at this moment; \
                 try again"
                    .to_owned(),
            )
        })?;
        // A line that comes behind the new keys, so that there is one to hand over at.
        let event_id = RequestId::new(self.custody().random().array()?);
        let event = OwnEvent::Operator("RotateAuditSigner");
        let entry = own_event(event, event_id, self.now(), None, &[]);
        self.journal().append(entry).await?;
        self.journal().checkpoint().await?;
        let keys = self.audit_keys()?;
        let since = keys.keys().iter().map(|trusted| trusted.term.first).max();
        let since = since.unwrap_or_default();
        let newest = keys.keys().iter().filter(|key| key.term.first == since);
        Ok(AuditSignerRotation {
            audit_signer_version: version,
            handed_over_at: since.saturating_sub(1),
            public_keys: newest.map(ToString::to_string).collect(),
        })
    }
}
