//! The check of the installation's own keys, as `strongroom store verify` asks for it.
//!
//! Rows with records are judged by their tags and the journal. Rows under `custody/` hold wrapped
//! keys, which prove themselves by opening: each is bound to its own name.

use strongroom_model::{AccountId, Region};
use strongroom_store::{KeyRange, backend::key_text};

use crate::{
    custody::CustodyError,
    installation::InstallationError,
    layout::{Home, Scope},
    service::Service,
    shelves::VERSION_FLOOR,
};

/// Rows read at a time.
const PAGE: usize = 256;

/// What a row is to whoever checks the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A record, which has a tag and of which the journal speaks.
    Record,
    /// A wrapped key, for whose tag the journal has a digest.
    WrappedKey,
    /// A mark of the store's own.
    Mark,
}

impl RowKind {
    /// Reads it off the row's key.
    #[must_use]
    pub fn of(row_key: &[u8]) -> Self {
        if row_key.starts_with(CUSTODY) {
            Self::WrappedKey
        } else if row_key == VERSION_FLOOR {
            Self::Mark
        } else {
            Self::Record
        }
    }
}

/// Rows with wrapped keys.
const CUSTODY: &[u8] = b"custody/";

impl Service {
    /// Opens every wrapped key of the installation, and gives the rows that do not open, with
    /// what is wrong with them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check_custody(&self) -> Result<Vec<(String, String)>, InstallationError> {
        let mut faults = Vec::new();
        let mut range = KeyRange::prefix(CUSTODY);
        loop {
            let page = self.shelves().backend().scan(range.clone(), PAGE).await?;
            for row in &page.rows {
                if let Err(what) = self.check_wrapped(&row.key).await? {
                    faults.push((key_text(&row.key), what));
                }
            }
            match page.rows.last() {
                Some(last) if page.more => range = range.after(&last.key),
                _ => return Ok(faults),
            }
        }
    }

    async fn check_wrapped(&self, row: &[u8]) -> Result<Result<(), String>, InstallationError> {
        let name = String::from_utf8_lossy(row);
        let parts: Vec<&str> = name.split('/').collect();
        let home = |account: &str, region: &str| {
            let account = AccountId::parse(account).ok()?;
            let region = Region::parse(region).ok()?;
            Some(Home { account, region })
        };
        let opened = match parts.as_slice() {
            // Both were opened, and the set's tag checked, when the installation was unsealed.
            ["custody", "seals"] | ["custody", "service", _, _] => return Ok(Ok(())),
            ["custody", "integrity", _] => self
                .custody()
                .integrity(&Scope::Installation)
                .await
                .map(drop),
            ["custody", "integrity", account, region, _] => match home(account, region) {
                Some(home) => self.custody().integrity(&Scope::Home(home)).await.map(drop),
                None => return Ok(Err(UNKNOWN.to_owned())),
            },
            ["custody", "domain", account, region, _] => match home(account, region) {
                Some(home) => self.custody().domain(&home).await.map(drop),
                None => return Ok(Err(UNKNOWN.to_owned())),
            },
            _ => return Ok(Err(UNKNOWN.to_owned())),
        };
        match opened {
            Ok(()) => Ok(Ok(())),
            // All versions of a key are opened together; each is named at its own row.
            Err(CustodyError::Wrapped { row, cause }) if row == name => Ok(Err(cause.to_string())),
            // A row that is gone is named by the journal.
            Err(CustodyError::Wrapped { .. } | CustodyError::Missing { .. }) => Ok(Ok(())),
            Err(error) => Err(error.into()),
        }
    }
}

const UNKNOWN: &str = "no key of an installation has this name";
