//! The file: its tables, its format number, and how a connection to it is set up.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};

use super::OpenError;
use crate::backend::Revision;
use crate::folder::sync_dir;

/// The format that is written, kept in `user_version`.
const FORMAT: i64 = 1;
/// `SRKS` in ASCII, kept in `application_id`, so that a strange file is not taken for a store.
const APPLICATION_ID: i64 = 0x5352_4b53;
/// How long a connection waits for another one of this process, in milliseconds. It hardly ever
/// does: there is one writer, and readers do not wait in WAL mode.
const BUSY_MILLIS: u64 = 5_000;

/// A unique index beside an ordinary rowid table; see the module above for why.
const TABLES: &str = "
    CREATE TABLE rows (
        id       INTEGER PRIMARY KEY,
        key      BLOB    NOT NULL,
        value    BLOB    NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX rows_by_key ON rows (key);
    CREATE TABLE state (
        id       INTEGER PRIMARY KEY CHECK (id = 1),
        revision INTEGER NOT NULL,
        repairs  INTEGER NOT NULL
    ) STRICT;
    INSERT INTO state (id, revision, repairs) VALUES (1, 0, 0);
";

/// Opens the file for the writer, or makes it, and reads the newest revision.
pub(super) fn open_or_create(path: &Path) -> Result<(Connection, Revision), OpenError> {
    let unusable = |cause: &dyn std::fmt::Display| OpenError::Unusable {
        path: path.to_path_buf(),
        cause: cause.to_string(),
    };
    let sql = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign {
            path: path.to_path_buf(),
        },
        _ => unusable(&error),
    };
    // Made here and not by SQLite, so that nobody else can ever read it.
    let made = make_private(path).map_err(|cause| unusable(&cause))?;
    let mut connection = open_writer(path).map_err(sql)?;
    let pragma = |name: &str| {
        connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
    };
    let (application, format) = (
        pragma("application_id").map_err(sql)?,
        pragma("user_version").map_err(sql)?,
    );
    let objects: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sql)?;
    if objects == 0 && application == 0 && format == 0 {
        create(&mut connection).map_err(sql)?;
    } else if application != APPLICATION_ID || format < 1 {
        return Err(OpenError::Foreign {
            path: path.to_path_buf(),
        });
    } else if format > FORMAT {
        return Err(OpenError::Newer {
            path: path.to_path_buf(),
            found: format,
            known: FORMAT,
        });
    }
    if made {
        let folder = path.parent().filter(|parent| *parent != Path::new(""));
        sync_dir(folder.unwrap_or(Path::new("."))).map_err(|cause| unusable(&cause))?;
    }
    let revision = read_revision(&connection).map_err(sql)?;
    Ok((connection, revision))
}

/// The tables and the format number, all in one transaction: a file is a store or it is empty.
fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()?;
    // Into the file itself, so that a lost or damaged log cannot make a store look like a file
    // that never was one.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

fn make_private(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// The newest revision that was committed.
pub(super) fn read_revision(connection: &Connection) -> rusqlite::Result<Revision> {
    connection.query_row("SELECT revision FROM state", [], |row| row.get(0))
}

/// A connection that may write.
pub(super) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit returns after its frames are synced. NORMAL would lose the last ones.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted or overwritten is zeroed in the file (decision 6). The WAL keeps older
    // pages until it is restarted; `docs/formats.md` says so.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // After a burst the log shrinks back to this, in bytes.
    connection.pragma_update(None, "journal_size_limit", 4 << 20)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", "ON")?;
    // In KiB. Small, because the caches that matter are above; the operating system has the
    // file's pages anyway.
    connection.pragma_update(None, "cache_size", -256)?;
    Ok(connection)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // The folder is ours alone, so the index of the write-ahead log need not be a file that others
    // could share, and a read need not lock it.
    let connection = Connection::open_with_flags_and_vfs(path, flags, c"unix-excl")?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MILLIS))?;
    // Every statement has one plan. Without this a statement whose limit is a parameter is
    // compiled anew for each value of it, which costs more than a page does.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // There are no page checksums; this at least refuses pages whose cells do not fit.
    connection.pragma_update(None, "cell_size_check", "ON")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Scratch;

    fn refusal(prepare: impl FnOnce(&Path)) -> String {
        let folder = Scratch::new();
        let path = folder.path().join("store.sqlite");
        prepare(&path);
        let refused = open_or_create(&path).map(drop).unwrap_err().to_string();
        refused.replace(&path.display().to_string(), "FILE")
    }

    fn sql(path: &Path, batch: &str) {
        Connection::open(path)
            .unwrap()
            .execute_batch(batch)
            .unwrap();
    }

    #[test]
    fn a_store_of_a_newer_format_is_refused_with_advice() {
        let newer = |path: &Path| {
            drop(open_or_create(path).unwrap());
            sql(path, "PRAGMA user_version = 2");
        };
        assert_eq!(
            refusal(newer),
            "The store FILE has format 2, written by a newer Strongroom; this one knows formats \
             up to 1. Start the newer version, or restore a backup that this one made."
        );
    }

    #[test]
    fn what_is_not_a_store_is_refused() {
        let foreign = "The file FILE is not a Strongroom store. Name another data folder, or \
                       move the file away.";
        let database = |path: &Path| sql(path, "CREATE TABLE other (x)");
        assert_eq!(refusal(database), foreign);
        let text = |path: &Path| std::fs::write(path, "dear diary ".repeat(1000)).unwrap();
        assert_eq!(refusal(text), foreign);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let path = Path::new("/nonexistent/store.sqlite");
        let refused = open_or_create(path).map(drop).unwrap_err().to_string();
        assert!(refused.starts_with("The store /nonexistent/store.sqlite cannot be opened: "));
    }

    #[test]
    fn a_connection_is_set_up_to_keep_what_it_commits_and_to_wipe_what_it_deletes() {
        let folder = Scratch::new();
        let (connection, _) = open_or_create(&folder.path().join("store.sqlite")).unwrap();
        let check = |pragma: &str, expected: &str| {
            let value: String = connection
                .query_row(
                    &format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}"),
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(value, expected, "{pragma}");
        };
        check("journal_mode", "wal");
        check("synchronous", "2");
        check("secure_delete", "1");
        check("cell_size_check", "1");
    }

    #[test]
    fn the_file_can_be_read_by_nobody_else() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Scratch::new();
        let path = folder.path().join("store.sqlite");
        let (connection, _) = open_or_create(&path).unwrap();
        connection
            .execute_batch("UPDATE state SET repairs = 1")
            .unwrap();
        for name in ["store.sqlite", "store.sqlite-wal"] {
            let mode = std::fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
