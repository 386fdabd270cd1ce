//! Seals and the root key, on a running server and at rest.

use serde_json::Value;

use super::program::Site;

fn seals(site: &Site) -> Vec<(String, String, u64)> {
    let listed = site
        .run("seal list --data-dir data --output json")
        .done()
        .json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |row: &Value| {
        (
            text(&row["id"]),
            text(&row["type"]),
            row["root_key_version"].as_u64().unwrap(),
        )
    };
    listed.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn seals_are_added_and_removed_while_the_server_runs() {
    let site = Site::initialised();
    let server = site.serve();
    let added = site
        .run("seal add --data-dir data --new key-file=second.key --output json")
        .done();
    let second = added.json()["id"].as_str().unwrap().to_owned();
    let listed = seals(&site);
    assert_eq!(listed.len(), 2);
    site.run("seal add --data-dir data --new key-file=second.key")
        .refused(&["already opens seal"]);
    let first = &listed.first().unwrap().0;
    site.run(&format!("seal remove --data-dir data --id {first}"))
        .done();
    site.run(&format!("seal remove --data-dir data --id {second}"))
        .refused(&["last seal"]);
    site.run("seal remove --data-dir data --id seal-none")
        .refused(&["no seal seal-none"]);
    site.run("seal verify --data-dir data --seal key-file=second.key")
        .done();
    site.run("seal verify --data-dir data --seal key-file=seal.key")
        .refused(&["opens none"]);
    server.stop();

    site.run("serve --data-dir data --listen 127.0.0.1:0 --seal key-file=seal.key")
        .refused(&["opens none of the seals"]);
    site.start("serve --data-dir data --seal key-file=second.key")
        .stop();
}

#[test]
fn seals_are_added_and_removed_at_rest() {
    let site = Site::initialised();
    site.write_private("passphrase", "correct horse battery staple\n");
    site.run("seal add --data-dir data --new passphrase=file:passphrase")
        .refused(&["is sealed", "--seal"]);
    site.run("seal add --data-dir data --new passphrase=file:passphrase --seal key-file=seal.key")
        .done();
    let listed = seals(&site);
    let kinds: Vec<_> = listed.iter().map(|(_, kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["key-file", "passphrase"]);
    let first = &listed.first().unwrap().0;
    let remove =
        format!("seal remove --data-dir data --id {first} --seal passphrase=file:passphrase");
    site.run(&remove).done();
    site.run("seal verify --data-dir data --seal passphrase=file:passphrase")
        .done();
    site.start("serve --data-dir data --seal key-file=seal.key --seal passphrase=file:passphrase")
        .stop();
}

#[test]
fn the_root_key_rotates_under_all_seals_and_nothing_is_lost() {
    let site = Site::initialised();
    let server = site.serve();
    site.run("seal add --data-dir data --new key-file=second.key")
        .done();
    site.run("root-key rotate --data-dir data --seal key-file=seal.key")
        .refused(&["is needed too"]);
    let both =
        "root-key rotate --data-dir data --seal key-file=seal.key --seal key-file=second.key";
    let rotated = site.run(&format!("{both} --output json")).done().json();
    assert_eq!(rotated["root_key_version"], 2);
    assert!(rotated["rewrapped"].as_u64().unwrap() > 0, "{rotated}");
    assert!(seals(&site).iter().all(|(_, _, version)| *version == 2));
    server.stop();

    site.run(both).done();
    assert!(seals(&site).iter().all(|(_, _, version)| *version == 3));
    site.serve().stop();
    site.start("serve --data-dir data --seal key-file=second.key")
        .stop();
    site.run("store verify --data-dir data --seal key-file=seal.key")
        .done();
}

#[test]
fn a_rotation_in_development_leaves_ciphertexts_as_they_are() {
    let site = Site::new();
    let server = site.dev("");
    let key = server.key();
    let encrypted = server.done(
        "Encrypt",
        &format!(r#"{{"KeyId":"{key}","Plaintext":"aGk="}}"#),
    );
    let decrypt = format!(r#"{{"CiphertextBlob":{}}}"#, encrypted["CiphertextBlob"]);
    site.run("root-key rotate --data-dir dev --seal key-file=dev/seal.key")
        .done();
    assert_eq!(server.done("Decrypt", &decrypt)["Plaintext"], "aGk=");
    server.stop();
    site.run("root-key rotate --data-dir dev --seal key-file=dev/seal.key")
        .done();
    let server = site.dev("");
    assert_eq!(server.done("Decrypt", &decrypt)["Plaintext"], "aGk=");
}
