//! Who signs the checkpoints of the journal, and who is trusted to have signed them.
//!
//! The keys are those of the job `audit-signer`: of the installation, wrapped by its root key,
//! and out of reach of every call. All versions are trusted, and the newest signs.

use std::sync::Arc;

use strongroom_crypto::{AuditPair, AuditSigner};
use strongroom_model::Clock;
use strongroom_store::journal::{Notary, NoteKey, NoteKeyKind, NoteSignature, TrustedKeys, origin};

use crate::{aside::gives_way, custody::Versions, service::Service};

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
    signers: Arc<Versions<AuditSigner>>,
    clock: Arc<dyn Clock>,
}

impl AuditNotary {
    pub(crate) fn new(
        installation: &str,
        signers: Arc<Versions<AuditSigner>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            installation: installation.to_owned(),
            signers,
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
        gives_way();
    }

    fn keys(&self) -> TrustedKeys {
        trusted(&self.installation, &self.signers)
    }

    fn sign(&self, text: &str) -> Result<Vec<NoteSignature>, String> {
        let signer = self.signers.in_use().map_err(|error| error.to_string())?;
        let signed = signer
            .sign(text.as_bytes())
            .map_err(|error| error.to_string())?;
        let keys = note_keys(&self.installation, signer.public_keys());
        let signatures = [signed.ed25519, signed.ml_dsa_65];
        let signed = keys.iter().zip(signatures);
        Ok(signed
            .map(|(key, signature)| NoteSignature::by(key, signature))
            .collect())
    }
}

fn trusted(installation: &str, signers: &Versions<AuditSigner>) -> TrustedKeys {
    let keys = signers
        .all()
        .flat_map(|signer| note_keys(installation, signer.public_keys()));
    TrustedKeys::new(keys.collect(), verifies)
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

impl Service {
    /// The public keys of everything that signs or has signed checkpoints of the journal.
    #[must_use]
    pub fn audit_keys(&self) -> TrustedKeys {
        trusted(self.custody().cluster_id(), self.custody().audit_signers())
    }
}
