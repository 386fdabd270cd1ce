//! Known answers of the algorithms that keys are used with, asked before an algorithm's first use.
//!
//! What every start needs is asked by [`self_test`](crate::self_test) before a listener opens.
//! The rest would make starting slow, so each algorithm is asked when the first key of its kind
//! is made ready, once in the life of the process. If an answer is wrong, no key of that kind is
//! ever ready: the algorithm has stopped (decision 20).
//!
//! The answers in `known_answers/` were written by a second implementation;
//! `tests/known_answers.py` says which.

use std::sync::OnceLock;

use serde::Deserialize;
use strongroom_model::{
    Plaintext,
    enums::{EncryptionAlgorithmSpec, KeySpec, MessageType, SigningAlgorithmSpec},
};

use crate::{
    AgreementKey, CryptoError, EncapsulationKey, EncryptionKey, KeyMaterial, MacKey, Random,
    SigningKey, framing::read_hex,
};

/// What a key is used for, which decides what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    Sign,
    Encrypt,
    Agree,
    Encapsulate,
    Mac,
}

impl Job {
    fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Encrypt => "encrypt",
            Self::Agree => "agree",
            Self::Encapsulate => "encapsulate",
            Self::Mac => "mac",
        }
    }
}

const JOBS: usize = 5;

/// Whether each known answer came, by job and key spec.
static ANSWERED: [[OnceLock<bool>; KeySpec::ALL.len()]; JOBS] =
    [const { [const { OnceLock::new() }; KeySpec::ALL.len()] }; JOBS];

/// Asks the known answers of this job and key spec, if nobody has.
///
/// # Errors
/// [`CryptoError::SelfTestFailed`] if they are wrong, and [`CryptoError::Unsuitable`] if keys of
/// this spec do not do the job.
pub(crate) fn proven(job: Job, spec: KeySpec) -> Result<(), CryptoError> {
    // The sizes of RSA are one algorithm, and the smallest is the quickest to ask.
    let spec = match spec {
        KeySpec::Rsa3072 | KeySpec::Rsa4096 => KeySpec::Rsa2048,
        spec => spec,
    };
    let text = text_of(spec).ok_or(CryptoError::Unsuitable)?;
    let row = ANSWERED
        .get(job as usize)
        .and_then(|specs| {
            let at = KeySpec::ALL.iter().position(|of| *of == spec)?;
            specs.get(at)
        })
        .ok_or(CryptoError::LibraryFailure)?;
    let answered = row.get_or_init(|| {
        // A job that is not the spec's has no answers; its ready key says so itself.
        KnownAnswers::read(spec, text).is_some_and(|answers| {
            matches!(answers.came(job), Ok(true) | Err(CryptoError::Unsuitable))
        })
    });
    answered.then_some(()).ok_or(CryptoError::SelfTestFailed)
}

/// What became of the known answers that were asked for so far: by job and key spec, and whether
/// they came. The sizes of RSA are one.
#[must_use]
pub fn known_answers() -> Vec<(&'static str, KeySpec, bool)> {
    let jobs = [
        Job::Sign,
        Job::Encrypt,
        Job::Agree,
        Job::Encapsulate,
        Job::Mac,
    ];
    let mut told = Vec::new();
    for (job, row) in jobs.into_iter().zip(&ANSWERED) {
        for (spec, answered) in KeySpec::ALL.iter().zip(row) {
            if let Some(came) = answered.get() {
                told.push((job.name(), *spec, *came));
            }
        }
    }
    told
}

/// The key specs whose known answers did not come. No key of them is ever ready.
#[must_use]
pub fn known_answer_failures() -> Vec<&'static str> {
    let failed = |(_, spec, came): (_, KeySpec, bool)| (!came).then(|| spec.as_str());
    known_answers().into_iter().filter_map(failed).collect()
}

/// The known answers of a key spec.
fn text_of(spec: KeySpec) -> Option<&'static str> {
    Some(match spec {
        KeySpec::Hmac224 => include_str!("known_answers/HMAC_224.json"),
        KeySpec::Hmac256 => include_str!("known_answers/HMAC_256.json"),
        KeySpec::Hmac384 => include_str!("known_answers/HMAC_384.json"),
        KeySpec::Hmac512 => include_str!("known_answers/HMAC_512.json"),
        KeySpec::Rsa2048 => include_str!("known_answers/RSA_2048.json"),
        KeySpec::EccNistP256 => include_str!("known_answers/ECC_NIST_P256.json"),
        KeySpec::EccNistP384 => include_str!("known_answers/ECC_NIST_P384.json"),
        KeySpec::EccNistP521 => include_str!("known_answers/ECC_NIST_P521.json"),
        KeySpec::EccSecgP256k1 => include_str!("known_answers/ECC_SECG_P256K1.json"),
        KeySpec::EccNistEdwards25519 => include_str!("known_answers/ECC_NIST_EDWARDS25519.json"),
        KeySpec::MlDsa44 => include_str!("known_answers/ML_DSA_44.json"),
        KeySpec::MlDsa65 => include_str!("known_answers/ML_DSA_65.json"),
        KeySpec::MlDsa87 => include_str!("known_answers/ML_DSA_87.json"),
        KeySpec::MlKem512 => include_str!("known_answers/ML_KEM_512.json"),
        KeySpec::MlKem768 => include_str!("known_answers/ML_KEM_768.json"),
        KeySpec::MlKem1024 => include_str!("known_answers/ML_KEM_1024.json"),
        KeySpec::Sm2 => include_str!("known_answers/SM2.json"),
        KeySpec::SymmetricDefault | KeySpec::Rsa3072 | KeySpec::Rsa4096 => return None,
    })
}

/// A key, and what is known about it.
pub(crate) struct KnownAnswers {
    pub(crate) spec: KeySpec,
    pub(crate) material: KeyMaterial,
    file: File,
}

/// One file, with bytes as hexadecimal digits.
#[derive(Deserialize)]
struct File {
    private_key: String,
    #[serde(default)]
    public_key: String,
    #[serde(default)]
    signatures: Vec<Signed>,
    #[serde(default)]
    ciphertexts: Vec<Encrypted>,
    #[serde(default)]
    agreements: Vec<Agreed>,
    #[serde(default)]
    encapsulations: Vec<Encapsulated>,
    #[serde(default)]
    macs: Vec<Authenticated>,
}

#[derive(Deserialize)]
struct Signed {
    algorithm: SigningAlgorithmSpec,
    message_type: MessageType,
    message: String,
    signature: String,
    /// Whether there is no other signature of this message.
    deterministic: bool,
}

#[derive(Deserialize)]
struct Encrypted {
    algorithm: EncryptionAlgorithmSpec,
    plaintext: String,
    ciphertext: String,
}

#[derive(Deserialize)]
struct Agreed {
    peer: String,
    secret: String,
}

#[derive(Deserialize)]
struct Encapsulated {
    ciphertext: String,
    secret: String,
}

#[derive(Deserialize)]
struct Authenticated {
    message: String,
    mac: String,
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len() / 2];
    read_hex(text, &mut bytes).then_some(bytes)
}

/// The bytes with one bit of the last byte turned round.
fn altered(bytes: &[u8]) -> Vec<u8> {
    let mut altered = bytes.to_vec();
    if let Some(last) = altered.last_mut() {
        *last ^= 1;
    }
    altered
}

impl KnownAnswers {
    pub(crate) fn read(spec: KeySpec, text: &str) -> Option<Self> {
        let file: File = serde_json::from_str(text).ok()?;
        let private_key = Plaintext::new(bytes(&file.private_key)?);
        Some(Self {
            spec,
            material: KeyMaterial::unproven(spec, &private_key).ok()?,
            file,
        })
    }

    /// Whether every answer for this job is the known one.
    fn came(&self, job: Job) -> Result<bool, CryptoError> {
        let (material, spec) = (&self.material, self.spec);
        Ok(match job {
            Job::Sign => self.signs(&SigningKey::unproven(material, spec)?),
            Job::Encrypt => self.encrypts(&EncryptionKey::unproven(material, spec)?),
            Job::Agree => self.agrees(&AgreementKey::unproven(material, spec)?),
            Job::Encapsulate => self.encapsulates(&EncapsulationKey::unproven(material, spec)?),
            Job::Mac => self.authenticates(&MacKey::unproven(material, spec)?),
        })
    }

    fn is_public_key(&self, public_key: &[u8]) -> bool {
        bytes(&self.file.public_key).is_some_and(|known| known == public_key)
    }

    fn signs(&self, key: &SigningKey) -> bool {
        let verifies = |known: &Signed| {
            let message = bytes(&known.message)?;
            let signature = bytes(&known.signature)?;
            let (algorithm, kind) = (known.algorithm, known.message_type);
            let fresh = key
                .sign(algorithm, kind, &message, &Random::system())
                .ok()?;
            let refuses = |message: &[u8], signature: &[u8]| {
                key.verify(algorithm, kind, message, signature)
                    == Err(CryptoError::InvalidSignature)
            };
            let right = key.verify(algorithm, kind, &message, &signature).is_ok()
                && key.verify(algorithm, kind, &message, &fresh).is_ok()
                && refuses(&message, &altered(&signature))
                && refuses(&altered(&message), &signature)
                && (!known.deterministic || fresh == signature);
            right.then_some(())
        };
        !self.file.signatures.is_empty()
            && self.is_public_key(key.public_key())
            && self
                .file
                .signatures
                .iter()
                .all(|known| verifies(known).is_some())
    }

    fn encrypts(&self, key: &EncryptionKey) -> bool {
        let decrypts = |known: &Encrypted| {
            let text = bytes(&known.plaintext)?;
            let ciphertext = bytes(&known.ciphertext)?;
            let open = |ciphertext: &[u8]| key.decrypt(known.algorithm, ciphertext).ok();
            let fresh = key
                .encrypt(known.algorithm, &text, &Random::system())
                .ok()?;
            let plaintext = Plaintext::new(text);
            let right = open(&ciphertext)? == plaintext
                && open(&fresh)? == plaintext
                && fresh != ciphertext
                && open(&altered(&ciphertext)).is_none();
            right.then_some(())
        };
        !self.file.ciphertexts.is_empty()
            && self.is_public_key(key.public_key())
            && self
                .file
                .ciphertexts
                .iter()
                .all(|known| decrypts(known).is_some())
    }

    fn agrees(&self, key: &AgreementKey) -> bool {
        let derives = |known: &Agreed| {
            let secret = Plaintext::new(bytes(&known.secret)?);
            let peer = bytes(&known.peer)?;
            let right = key.derive(&peer).ok()? == secret && key.derive(&altered(&peer)).is_err();
            right.then_some(())
        };
        !self.file.agreements.is_empty()
            && self.is_public_key(key.public_key())
            && self
                .file
                .agreements
                .iter()
                .all(|known| derives(known).is_some())
    }

    fn encapsulates(&self, key: &EncapsulationKey) -> bool {
        let decapsulates = |known: &Encapsulated| {
            let secret = Plaintext::new(bytes(&known.secret)?);
            let ciphertext = bytes(&known.ciphertext)?;
            let (fresh, fresh_secret) = key.encapsulate(&Random::system()).ok()?;
            let right = key.decapsulate(&ciphertext).ok()? == secret
                && key.decapsulate(&fresh).ok()? == fresh_secret
                && key.decapsulate(&altered(&ciphertext)).ok()? != secret;
            right.then_some(())
        };
        !self.file.encapsulations.is_empty()
            && self.is_public_key(key.public_key())
            && self
                .file
                .encapsulations
                .iter()
                .all(|known| decapsulates(known).is_some())
    }

    fn authenticates(&self, key: &MacKey) -> bool {
        let right = |known: &Authenticated| {
            let message = bytes(&known.message)?;
            let mac = bytes(&known.mac)?;
            let right = key.generate(&message) == mac
                && key.verify(&message, &mac).is_ok()
                && key.verify(&message, &altered(&mac)).is_err();
            right.then_some(())
        };
        !self.file.macs.is_empty() && self.file.macs.iter().all(|known| right(known).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_JOBS: [Job; JOBS] = [
        Job::Sign,
        Job::Encrypt,
        Job::Agree,
        Job::Encapsulate,
        Job::Mac,
    ];

    /// What each key spec is used for. AWS: developer guide, "Key spec reference".
    fn jobs_of(spec: KeySpec) -> &'static [Job] {
        match spec {
            KeySpec::SymmetricDefault => &[],
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => &[Job::Sign, Job::Encrypt],
            KeySpec::EccNistP256 | KeySpec::EccNistP384 | KeySpec::EccNistP521 => {
                &[Job::Sign, Job::Agree]
            }
            KeySpec::EccSecgP256k1
            | KeySpec::EccNistEdwards25519
            | KeySpec::MlDsa44
            | KeySpec::MlDsa65
            | KeySpec::MlDsa87 => &[Job::Sign],
            KeySpec::MlKem512 | KeySpec::MlKem768 | KeySpec::MlKem1024 => &[Job::Encapsulate],
            KeySpec::Hmac224 | KeySpec::Hmac256 | KeySpec::Hmac384 | KeySpec::Hmac512 => {
                &[Job::Mac]
            }
            KeySpec::Sm2 => &[Job::Sign, Job::Encrypt, Job::Agree],
        }
    }

    /// The larger sizes of RSA are not asked for at first use, but their keys and answers from
    /// the second implementation have to be right all the same.
    fn every_text(spec: KeySpec) -> Option<&'static str> {
        match spec {
            KeySpec::Rsa3072 => Some(include_str!("known_answers/RSA_3072.json")),
            KeySpec::Rsa4096 => Some(include_str!("known_answers/RSA_4096.json")),
            spec => text_of(spec),
        }
    }

    #[test]
    fn what_became_of_known_answers_is_told_once_they_were_asked() {
        proven(Job::Sign, KeySpec::EccNistEdwards25519).unwrap();
        let told = known_answers();
        assert!(told.contains(&("sign", KeySpec::EccNistEdwards25519, true)));
        assert!(known_answer_failures().is_empty());
    }

    #[test]
    fn every_key_of_the_second_implementation_gives_its_answers_in_every_job() {
        for spec in KeySpec::ALL {
            let Some(text) = every_text(*spec) else {
                assert_eq!(*spec, KeySpec::SymmetricDefault);
                continue;
            };
            let answers = KnownAnswers::read(*spec, text).unwrap();
            for job in ALL_JOBS {
                let expected = match jobs_of(*spec).contains(&job) {
                    true => Ok(true),
                    false => Err(CryptoError::Unsuitable),
                };
                assert_eq!(answers.came(job), expected, "{spec} {job:?}");
            }
        }
    }

    #[test]
    fn keys_of_the_second_implementation_are_stored_as_it_wrote_them() {
        for spec in KeySpec::ALL {
            let Some(text) = every_text(*spec) else {
                continue;
            };
            let answers = KnownAnswers::read(*spec, text).unwrap();
            let written = bytes(&answers.file.private_key).unwrap();
            assert_eq!(answers.material.bytes_of(*spec), Ok(&written[..]), "{spec}");
        }
    }

    #[test]
    fn a_wrong_answer_is_noticed_in_every_job() {
        /// Turns a bit in the last of the named fields.
        fn spoil(text: &str, list: &str, field: &str) -> String {
            let mut file: serde_json::Value = serde_json::from_str(text).unwrap();
            let field = match list {
                "" => &mut file[field],
                list => &mut file[list].as_array_mut().unwrap().last_mut().unwrap()[field],
            };
            let digits = field.as_str().unwrap();
            let at = digits.len() - 1;
            let digit = if &digits[at..] == "0" { "1" } else { "0" };
            *field = format!("{}{digit}", &digits[..at]).into();
            file.to_string()
        }
        for spec in KeySpec::ALL {
            for job in jobs_of(*spec) {
                let (list, fields): (_, &[&str]) = match job {
                    Job::Sign => ("signatures", &["signature", "message"]),
                    Job::Encrypt => ("ciphertexts", &["plaintext", "ciphertext"]),
                    Job::Agree => ("agreements", &["secret"]),
                    Job::Encapsulate => ("encapsulations", &["ciphertext", "secret"]),
                    Job::Mac => ("macs", &["message", "mac"]),
                };
                let text = every_text(*spec).unwrap();
                let mut spoilt: Vec<_> = fields.iter().map(|field| (list, *field)).collect();
                if *job != Job::Mac {
                    spoilt.push(("", "public_key"));
                }
                for (list, field) in spoilt {
                    let text = spoil(text, list, field);
                    let answers = KnownAnswers::read(*spec, &text).unwrap();
                    assert_eq!(answers.came(*job), Ok(false), "{spec} {job:?} {field}");
                }
            }
        }
    }

    #[test]
    fn a_job_is_proven_once_and_stays_so() {
        for _ in 0..2 {
            assert_eq!(proven(Job::Sign, KeySpec::EccNistP256), Ok(()));
        }
        assert_eq!(
            proven(Job::Sign, KeySpec::SymmetricDefault),
            Err(CryptoError::Unsuitable)
        );
    }
}
