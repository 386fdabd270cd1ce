//! The helper's end: the process in which a vendor's PKCS#11 module lives.
//!
//! It reads requests from its standard input, which is a socket, and writes answers to the same.
//! It holds nothing but the module: no store, no key of ours. When the server goes, it goes.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    os::{fd::AsFd as _, unix::net::UnixStream},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
};

use clap::Args;
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{Mechanism, MechanismType, aead::GcmParams},
    object::{Attribute, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use zeroize::Zeroizing;

use super::protocol::{self, Answer, Bytes, Done, Fault, Request, Verb, Wiped};

/// `strongroom pkcs11-helper`.
#[derive(Debug, Args)]
pub struct HelperArgs {
    /// The PKCS#11 module.
    #[arg(long)]
    pub module: PathBuf,
    /// The label of the token.
    #[arg(long)]
    pub token: String,
    /// Sessions that are used at once.
    #[arg(long)]
    pub sessions: usize,
    /// Whether the module chooses initialization vectors.
    #[arg(long)]
    pub device_iv: bool,
}

/// Answers requests until the server goes.
///
/// # Errors
/// When standard input is no socket.
pub fn run(args: &HelperArgs) -> std::io::Result<()> {
    let socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let writer = Arc::new(Mutex::new(socket.try_clone()?));
    let module = Arc::new(Module::load(args));

    let (sender, receiver) = mpsc::channel::<Zeroizing<Vec<u8>>>();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..args.sessions.max(1) {
        let (receiver, writer) = (Arc::clone(&receiver), Arc::clone(&writer));
        let module = Arc::clone(&module);
        std::thread::Builder::new()
            .name("pkcs11-session".to_owned())
            .spawn(move || {
                let mut worker = Worker::new(module);
                while let Some(frame) = next(&receiver) {
                    worker.serve(&frame, &writer);
                }
            })?;
    }
    let mut reader = socket;
    while let Some(frame) = read(&mut reader) {
        if sender.send(frame).is_err() {
            break;
        }
    }
    // The server has gone. A module that hangs in a thread must not keep the process.
    std::process::exit(0);
}

fn read(reader: &mut UnixStream) -> Option<Zeroizing<Vec<u8>>> {
    let mut head = [0; 4];
    reader.read_exact(&mut head).ok()?;
    let mut frame = Zeroizing::new(vec![0; protocol::length_of(head)?]);
    reader.read_exact(&mut frame).ok()?;
    Some(frame)
}

fn next(receiver: &Mutex<Receiver<Zeroizing<Vec<u8>>>>) -> Option<Zeroizing<Vec<u8>>> {
    let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
    receiver.recv().ok()
}

/// The module and its token.
struct Module {
    found: Result<(Pkcs11, Slot), Fault>,
    device_iv: bool,
}

impl Module {
    fn load(args: &HelperArgs) -> Self {
        let found = find(args).map_err(|error| {
            tracing::warn!(%error, "the PKCS#11 module cannot be used");
            match error {
                LoadError::Module(error) => fault_of(&error),
                LoadError::NoToken => Fault::NotFound,
            }
        });
        Self {
            found,
            device_iv: args.device_iv,
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error(transparent)]
    Module(#[from] Error),
    #[error("it has no token of that label")]
    NoToken,
}

fn find(args: &HelperArgs) -> Result<(Pkcs11, Slot), LoadError> {
    let module = Pkcs11::new(&args.module)?;
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    for slot in module.get_slots_with_token()? {
        // A token that cannot be read is not the one.
        if let Ok(token) = module.get_token_info(slot)
            && token.label().trim_end() == args.token
        {
            return Ok((module, slot));
        }
    }
    Err(LoadError::NoToken)
}

/// One thread with its session and the objects that it has found.
struct Worker {
    module: Arc<Module>,
    session: Option<Session>,
    objects: HashMap<String, ObjectHandle>,
}

impl Worker {
    fn new(module: Arc<Module>) -> Self {
        Self {
            module,
            session: None,
            objects: HashMap::new(),
        }
    }

    fn serve(&mut self, frame: &[u8], writer: &Mutex<UnixStream>) {
        let Ok(request) = serde_json::from_slice::<Request<'_>>(frame) else {
            // Out of step with the server: it starts another process.
            std::process::exit(1);
        };
        let outcome = self.answer(request.verb);
        let begin_anew = matches!(outcome, Err(Fault::Device)) || self.module.found.is_err();
        let answer = Answer {
            id: request.id,
            outcome,
        };
        let written = protocol::frame(&answer).is_some_and(|frame| {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.write_all(&frame).is_ok()
        });
        if begin_anew || !written {
            std::process::exit(i32::from(!written));
        }
    }

    fn answer(&mut self, verb: Verb<'_>) -> Result<Done, Fault> {
        match self.attempt(verb) {
            // A session or handle of before: once more with new ones.
            Err(Stale::Handle) => {
                self.objects.clear();
                self.session = None;
                self.attempt(verb)
            }
            outcome => outcome,
        }
        .map_err(|stale| match stale {
            Stale::Handle => Fault::NoObject,
            Stale::Fault(fault) => fault,
        })
    }

    fn attempt(&mut self, verb: Verb<'_>) -> Result<Done, Stale> {
        let module = Arc::clone(&self.module);
        let (pkcs11, slot) = match &module.found {
            Ok((pkcs11, slot)) => (pkcs11, *slot),
            Err(fault) => return Err(Stale::Fault(*fault)),
        };
        match verb {
            Verb::Check => check(pkcs11, slot),
            Verb::LogIn { pin, anew } => {
                let session = self.session(pkcs11, slot)?;
                log_in(session, pin, anew)
            }
            Verb::CreateKey { label, id } => {
                let session = self.session(pkcs11, slot)?;
                create(session, label, id)
            }
            Verb::DeleteKey { label } => {
                let object = self.object(pkcs11, slot, label)?;
                self.objects.remove(label);
                self.session(pkcs11, slot)?.destroy_object(object)?;
                Ok(Done::default())
            }
            Verb::Encrypt {
                label,
                iv,
                data,
                aad,
            } => {
                let mut iv = bytes(iv)?;
                let object = self.object(pkcs11, slot, label)?;
                let session = self.session(pkcs11, slot)?;
                let (data, aad) = (bytes(data)?, bytes(aad)?);
                let sealed = {
                    let params = GcmParams::new(&mut iv, &aad, 128.into())?;
                    session.encrypt(&Mechanism::AesGcm(params), object, &data)?
                };
                if module.device_iv && iv.iter().all(|byte| *byte == 0) {
                    // The module did not choose one, and one of zeros must not be used twice.
                    return Err(Stale::Fault(Fault::InvalidConfiguration));
                }
                Ok(Done {
                    data: Wiped::new(sealed),
                    iv: Wiped::new(iv.to_vec()),
                })
            }
            Verb::Decrypt {
                label,
                iv,
                data,
                aad,
            } => {
                let object = self.object(pkcs11, slot, label)?;
                let session = self.session(pkcs11, slot)?;
                let (mut iv, data, aad) = (bytes(iv)?, bytes(data)?, bytes(aad)?);
                let params = GcmParams::new(&mut iv, &aad, 128.into())?;
                let opened = session.decrypt(&Mechanism::AesGcm(params), object, &data);
                Ok(Done {
                    data: Wiped::new(opened.map_err(|error| refused_ciphertext(&error))?),
                    iv: Wiped::default(),
                })
            }
            Verb::Random { length } => {
                let mut random = Zeroizing::new(vec![0; length]);
                self.session(pkcs11, slot)?
                    .generate_random_slice(&mut random)?;
                Ok(Done {
                    data: Wiped::new(std::mem::take(&mut *random)),
                    iv: Wiped::default(),
                })
            }
        }
    }

    fn session(&mut self, pkcs11: &Pkcs11, slot: Slot) -> Result<&Session, Stale> {
        let session = match self.session.take() {
            Some(session) => session,
            None => pkcs11.open_rw_session(slot)?,
        };
        Ok(self.session.insert(session))
    }

    /// The object of a key, found by its label. Without a user nothing private is found, so that
    /// there is none says nothing yet.
    fn object(&mut self, pkcs11: &Pkcs11, slot: Slot, label: &str) -> Result<ObjectHandle, Stale> {
        if let Some(object) = self.objects.get(label) {
            return Ok(*object);
        }
        let session = self.session(pkcs11, slot)?;
        if !is_logged_in(session)? {
            return Err(Stale::Fault(Fault::NotLoggedIn));
        }
        let found = session.find_objects(&[
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::Token(true),
            Attribute::Label(label.as_bytes().to_vec()),
        ])?;
        let object = *found.first().ok_or(Stale::Fault(Fault::NoObject))?;
        self.objects.insert(label.to_owned(), object);
        Ok(object)
    }
}

fn is_logged_in(session: &Session) -> Result<bool, Stale> {
    use cryptoki::session::SessionState;
    let info = session.get_session_info()?;
    Ok(matches!(
        info.session_state(),
        SessionState::RwUser | SessionState::RoUser
    ))
}

fn bytes(bytes: Bytes<'_>) -> Result<Zeroizing<Vec<u8>>, Stale> {
    bytes.to_wiped().ok_or(Stale::Fault(Fault::Internal))
}

fn check(pkcs11: &Pkcs11, slot: Slot) -> Result<Done, Stale> {
    pkcs11.get_token_info(slot)?;
    let mechanisms = pkcs11.get_mechanism_list(slot)?;
    let needed = [MechanismType::AES_GCM, MechanismType::AES_KEY_GEN];
    if needed.iter().all(|needed| mechanisms.contains(needed)) {
        Ok(Done::default())
    } else {
        Err(Stale::Fault(Fault::InvalidConfiguration))
    }
}

fn log_in(session: &Session, pin: Bytes<'_>, anew: bool) -> Result<Done, Stale> {
    if anew && is_logged_in(session)? {
        session.logout()?;
    }
    let pin = String::from_utf8(bytes(pin)?.to_vec())
        .map_err(|_| Stale::Fault(Fault::IncorrectPassword))?;
    // The library's own type for it, which is wiped too.
    let pin = AuthPin::from(pin);
    match session.login(UserType::User, Some(&pin)) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(Done::default()),
        Err(error) => Err(error.into()),
    }
}

fn create(session: &Session, label: &str, id: Bytes<'_>) -> Result<Done, Stale> {
    if !is_logged_in(session)? {
        return Err(Stale::Fault(Fault::NotLoggedIn));
    }
    session.generate_key(
        &Mechanism::AesKeyGen,
        &[
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::ValueLen(32.into()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::Wrap(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(bytes(id)?.to_vec()),
        ],
    )?;
    Ok(Done::default())
}

/// Why an attempt gave nothing.
enum Stale {
    /// A session or an object is not there any more, perhaps because it is one of before.
    Handle,
    Fault(Fault),
}

impl From<Error> for Stale {
    fn from(error: Error) -> Self {
        match error {
            Error::Pkcs11(
                RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::ObjectHandleInvalid
                | RvError::KeyHandleInvalid,
                _,
            ) => Self::Handle,
            error => {
                let fault = fault_of(&error);
                tracing::debug!(%error, ?fault, "a call of the PKCS#11 module failed");
                Self::Fault(fault)
            }
        }
    }
}

/// What a module means that refuses to decrypt. Modules differ: SoftHSM says GENERAL_ERROR.
fn refused_ciphertext(error: &Error) -> Stale {
    match error {
        Error::Pkcs11(
            RvError::EncryptedDataInvalid
            | RvError::EncryptedDataLenRange
            | RvError::FunctionFailed
            | RvError::GeneralError,
            _,
        ) => Stale::Fault(Fault::InvalidCiphertext),
        Error::Pkcs11(
            RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::ObjectHandleInvalid
            | RvError::KeyHandleInvalid,
            _,
        ) => Stale::Handle,
        error => Stale::Fault(fault_of(error)),
    }
}

fn fault_of(error: &Error) -> Fault {
    let code = match error {
        Error::Pkcs11(code, _) => code,
        Error::LibraryLoading(_) | Error::MissingSymbol(_) => return Fault::NotFound,
        Error::NullFunctionPointer | Error::NotSupported => return Fault::InvalidConfiguration,
        _ => return Fault::Internal,
    };
    match code {
        RvError::PinIncorrect
        | RvError::PinInvalid
        | RvError::PinLenRange
        | RvError::PinExpired => Fault::IncorrectPassword,
        RvError::PinLocked => Fault::LockedOut,
        RvError::UserPinNotInitialized => Fault::NoUser,
        RvError::UserAnotherAlreadyLoggedIn | RvError::UserTooManyTypes => Fault::LoggedInElsewhere,
        RvError::UserNotLoggedIn => Fault::NotLoggedIn,
        RvError::TokenNotPresent | RvError::TokenNotRecognized | RvError::SlotIdInvalid => {
            Fault::NotFound
        }
        RvError::DeviceError | RvError::DeviceRemoved | RvError::DeviceMemory => Fault::Device,
        RvError::SessionCount => Fault::NoSession,
        RvError::MechanismInvalid
        | RvError::MechanismParamInvalid
        | RvError::TokenWriteProtected
        | RvError::KeyFunctionNotPermitted
        | RvError::AttributeValueInvalid
        | RvError::TemplateInconsistent
        | RvError::FunctionNotSupported => Fault::InvalidConfiguration,
        _ => Fault::Internal,
    }
}
