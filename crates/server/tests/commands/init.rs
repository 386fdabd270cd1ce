//! `init`, and what `serve` and `dev` do with a folder.

use std::os::unix::fs::PermissionsExt as _;

use super::program::Site;

fn mode(site: &Site, name: &str) -> u32 {
    std::fs::metadata(site.path(name))
        .unwrap()
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn init_makes_a_private_folder_a_key_file_and_a_root_access_key() {
    let site = Site::new();
    let made = site
        .run("init --data-dir data --seal key-file=seal.key --account 111122223333 --output json")
        .done()
        .json();
    assert!(made["access_key_id"].as_str().unwrap().starts_with("AKIA"));
    assert_eq!(made["secret_access_key"].as_str().unwrap().len(), 40);
    assert_eq!(made["account"], "111122223333");
    assert_eq!(made["seals"][0]["type"], "key-file");
    assert_eq!(mode(&site, "data"), 0o700);
    assert_eq!(mode(&site, "seal.key"), 0o600);
    assert_eq!(std::fs::read(site.path("seal.key")).unwrap().len(), 32);

    let secret = made["secret_access_key"].as_str().unwrap();
    for file in std::fs::read_dir(site.path("data")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn init_changes_nothing_where_a_store_is_already() {
    let site = Site::initialised();
    site.run("init --data-dir data --seal key-file=other.key --account 111122223333")
        .refused(&["holds a store already"]);
    assert!(!site.exists("other.key"));
    site.serve().stop();
}

#[test]
fn a_key_file_inside_the_data_folder_is_refused() {
    let site = Site::new();
    site.run("init --data-dir data --seal key-file=data/seal.key --account 111122223333")
        .refused(&["inside the data folder"]);
    assert!(!site.exists("data/seal.key") && !site.exists("data/store.sqlite"));
}

#[test]
fn a_wrong_missing_or_exposed_seal_refuses_to_start_and_says_what_to_do() {
    let site = Site::initialised();
    let serve = |seal: &str| {
        site.run(&format!(
            "serve --data-dir data --listen 127.0.0.1:0 {seal}"
        ))
    };
    site.write_private("wrong.key", "01234567890123456789012345678901");
    serve("--seal key-file=wrong.key").refused(&["opens none of the seals", "--seal"]);
    serve("").refused(&["--seal", "STRONGROOM_SEAL"]);
    serve("--seal key-file=absent.key").refused(&["no key file absent.key"]);
    site.write_private("short.key", "short");
    serve("--seal key-file=short.key").refused(&["exactly 32 bytes", "holds 5"]);
    site.write("open.key", "01234567890123456789012345678901");
    serve("--seal key-file=open.key").refused(&["chmod 600"]);
    site.write_private("passphrase", "hush");
    serve("--seal passphrase=file:passphrase").refused(&["no passphrase seal"]);
    serve("--seal passphrase").refused(&["passphrase=file:PATH"]);
    let named = site.run("serve --data-dir elsewhere --seal key-file=seal.key");
    named.refused(&["no store in elsewhere", "strongroom init"]);
    assert!(!site.exists("elsewhere"));
}

#[test]
fn a_second_process_is_refused_and_the_first_goes_on() {
    let site = Site::initialised();
    let first = site.serve();
    site.run("serve --data-dir data --seal key-file=seal.key --listen 127.0.0.1:0")
        .refused(&["is in use by process"]);
    site.run("store verify --data-dir data --seal key-file=seal.key")
        .refused(&["is in use by process"]);
    first.refused("ListKeys", "{}", "IncompleteSignatureException");
    first.stop();
}

#[test]
fn development_and_production_do_not_touch_each_others_folders() {
    let site = Site::initialised();
    site.run("dev --data-dir data --listen 127.0.0.1:0")
        .refused(&["strongroom serve"]);
    site.dev("").stop();
    site.run("serve --data-dir dev --seal key-file=seal.key --listen 127.0.0.1:0")
        .refused(&["strongroom dev", "strongroom init"]);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let site = Site::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    site.run(&format!("dev --in-memory --listen {address}"))
        .refused(&[&address.to_string()]);
}

#[test]
fn help_and_version_are_no_failures_and_wrong_usage_is_two() {
    let site = Site::new();
    assert!(site.run("--version").done().out.starts_with("strongroom "));
    for line in [
        "--help",
        "dev --help",
        "serve --help",
        "seal add --help",
        "clock advance --help",
    ] {
        assert!(
            site.run(line).done().out.contains("Usage: strongroom"),
            "{line}"
        );
    }
    for line in [
        "",
        "frobnicate",
        "dev --frobnicate",
        "serve --seed x",
        "clock advance soon --data-dir d",
    ] {
        assert_eq!(site.run(line).code, 2, "{line}");
    }
}
