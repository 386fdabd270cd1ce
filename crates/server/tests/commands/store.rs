//! `store verify`: rows that somebody else put, took or altered are named.

use rusqlite::Connection;

use super::program::Site;

const VERIFY: &str = "store verify --data-dir data --seal key-file=seal.key";

/// A site whose development server made a key with an alias, disabled it and deleted the alias;
/// and the store as it was in between.
struct Scene {
    site: Site,
    key: String,
}

impl Scene {
    fn new() -> Self {
        let site = Site::new();
        let server = site.dev("");
        let key = server.key();
        let alias = format!(r#"{{"AliasName":"alias/kept","TargetKeyId":"{key}"}}"#);
        server.done("CreateAlias", &alias);
        server.done("CreateAlias", &alias.replace("kept", "gone"));
        server.stop();
        std::fs::copy(site.path("dev/store.sqlite"), site.path("before.sqlite")).unwrap();
        let server = site.dev("");
        server.done("DeleteAlias", r#"{"AliasName":"alias/gone"}"#);
        server.done("DisableKey", &format!(r#"{{"KeyId":"{key}"}}"#));
        server.stop();
        site.run("store verify --data-dir dev").done();
        Self { site, key }
    }

    fn row(&self, kind: &str, name: &str) -> String {
        format!("region/111122223333/us-east-1/{kind}/{name}")
    }

    fn tamper(&self, sql: &str, parameters: &[&str]) {
        let store = Connection::open(self.site.path("dev/store.sqlite")).unwrap();
        let before = self.site.path("before.sqlite");
        store
            .execute("ATTACH ?1 AS before", [before.to_str().unwrap()])
            .unwrap();
        let changed = store
            .execute(sql, rusqlite::params_from_iter(parameters))
            .unwrap();
        assert_eq!(changed, 1, "{sql}");
    }

    /// Exactly one row is found, with this fault.
    #[track_caller]
    fn found(&self, row: &str, fault: &str) {
        let ended = self.site.run("store verify --data-dir dev --output json");
        assert_eq!(ended.code, 1, "{ended:?}");
        let found = ended.json();
        assert_eq!(found["clean"], false);
        let findings = found["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{found}");
        assert_eq!(findings[0]["row"], format!("`{row}`"), "{found}");
        assert_eq!(findings[0]["fault"], fault, "{found}");
        let told = self.site.run("store verify --data-dir dev");
        assert!(told.out.contains(row), "{told:?}");
    }
}

#[test]
fn a_sound_store_is_clean() {
    let site = Site::initialised();
    assert!(site.run(VERIFY).done().out.starts_with("clean"));
    let clean = site.run(&format!("{VERIFY} --output json")).done().json();
    assert_eq!(clean["clean"], true);
    site.run("store verify --data-dir data")
        .refused(&["--seal"]);
}

#[test]
fn a_row_that_was_taken_away_is_missing() {
    let scene = Scene::new();
    let row = scene.row("alias", "kept");
    scene.tamper("DELETE FROM rows WHERE key = CAST(?1 AS BLOB)", &[&row]);
    scene.found(&row, "missing");
}

#[test]
fn a_row_that_was_removed_and_is_back_is_revived() {
    let scene = Scene::new();
    let row = scene.row("alias", "gone");
    let put = "INSERT INTO rows (key, value, revision) SELECT key, value, revision FROM \
               before.rows WHERE key = CAST(?1 AS BLOB)";
    scene.tamper(put, &[&row]);
    scene.found(&row, "revived");
}

#[test]
fn a_wrapped_key_that_was_taken_away_is_missing() {
    let scene = Scene::new();
    for kind in ["domain", "integrity"] {
        let row = format!("custody/{kind}/111122223333/us-east-1/0000000001");
        let take = "DELETE FROM rows WHERE key = CAST(?1 AS BLOB)";
        let put = "INSERT INTO rows (key, value, revision) SELECT key, value, revision FROM \
                   before.rows WHERE key = CAST(?1 AS BLOB)";
        scene.tamper(take, &[&row]);
        if kind == "domain" {
            scene.found(&row, "missing");
        } else {
            // What the key has tagged cannot be checked without it, and is named as well.
            let ended = scene.site.run("store verify --data-dir dev");
            assert_eq!(ended.code, 1, "{ended:?}");
            assert!(
                ended.out.contains(&format!("`{row}`: it is missing")),
                "{ended:?}"
            );
        }
        scene.tamper(put, &[&row]);
        scene.site.run("store verify --data-dir dev").done();
    }
}

#[test]
fn a_service_key_that_was_taken_away_stops_the_start_and_the_check() {
    let scene = Scene::new();
    for row in [
        "custody/service/marker/0000000001",
        "custody/integrity/0000000001",
    ] {
        let take = "DELETE FROM rows WHERE key = CAST(?1 AS BLOB)";
        scene.tamper(take, &[row]);
        for command in [
            "dev --listen 127.0.0.1:0 --data-dir dev",
            "store verify --data-dir dev",
        ] {
            scene.site.run(command).refused(&[row, "is gone", "backup"]);
        }
        let put = "INSERT INTO rows (key, value, revision) SELECT key, value, revision FROM \
                   before.rows WHERE key = CAST(?1 AS BLOB)";
        scene.tamper(put, &[row]);
    }
}

#[test]
fn seals_that_were_taken_away_are_not_made_anew() {
    let scene = Scene::new();
    let take = "DELETE FROM rows WHERE key = CAST(?1 AS BLOB)";
    scene.tamper(take, &["custody/seals"]);
    scene
        .site
        .run("dev --listen 127.0.0.1:0 --data-dir dev")
        .refused(&["seals", "gone", "backup"]);
}

#[test]
fn seals_of_an_earlier_day_are_rolled_back() {
    let site = Site::initialised();
    std::fs::copy(site.path("data/store.sqlite"), site.path("before.sqlite")).unwrap();
    site.write_private("words", "correct horse battery staple\n");
    site.run("seal add --data-dir data --seal key-file=seal.key --new passphrase=file:words")
        .done();
    site.run(VERIFY).done();
    let store = Connection::open(site.path("data/store.sqlite")).unwrap();
    let before = site.path("before.sqlite");
    store
        .execute("ATTACH ?1 AS before", [before.to_str().unwrap()])
        .unwrap();
    let put = "UPDATE rows SET value = (SELECT value FROM before.rows old WHERE old.key = rows.key) \
               WHERE key = CAST('custody/seals' AS BLOB)";
    assert_eq!(store.execute(put, []).unwrap(), 1);
    drop(store);
    let ended = site.run(VERIFY);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended
            .out
            .contains("`custody/seals`: it is an earlier edition"),
        "{ended:?}"
    );
}

#[test]
fn an_earlier_edition_is_rolled_back() {
    let scene = Scene::new();
    let row = scene.row("key", &scene.key);
    let put = "UPDATE rows SET value = (SELECT value FROM before.rows old WHERE old.key = rows.key) \
               WHERE key = CAST(?1 AS BLOB)";
    scene.tamper(put, &[&row]);
    scene.found(&row, "rolled-back");
}

#[test]
fn a_row_under_another_name_is_corrupt() {
    let scene = Scene::new();
    let (row, copy) = (scene.row("alias", "kept"), scene.row("alias", "copied"));
    let put = "INSERT INTO rows (key, value, revision) SELECT CAST(?2 AS BLOB), value, revision \
               FROM rows WHERE key = CAST(?1 AS BLOB)";
    scene.tamper(put, &[&row, &copy]);
    scene.found(&copy, "corrupt");
}

#[test]
fn a_wrapped_key_in_the_place_of_another_is_corrupt() {
    let scene = Scene::new();
    let domain = "custody/domain/111122223333/us-east-1/0000000001";
    let put = "UPDATE rows SET value = (SELECT value FROM before.rows old WHERE old.key = \
               CAST('custody/integrity/111122223333/us-east-1/0000000001' AS BLOB)) \
               WHERE key = CAST(?1 AS BLOB)";
    scene.tamper(put, &[domain]);
    scene.found(domain, "corrupt");
}
