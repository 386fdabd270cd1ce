//! Seeds: what is there from the first request on, and after it.

use super::program::{Ended, Site};

const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const SEED: &str = r#"accounts:
  "111122223333":
    root:
      access_keys:
        - { id: AKIAROOT111122223333, secret: root-secret }
    regions:
      us-east-1:
        keys:
          - id: 1234abcd-12ab-34cd-56ef-1234567890ab
            description: seeded
            key_material: [MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=]
            tags: { project: alpha }
            policy:
              Version: "2012-10-17"
              Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" }]
            aliases: [alias/one, alias/two]
          - id: mrk-1234abcd12ab34cd56ef1234567890ab
            multi_region: true
            enabled: false
            aliases: [alias/global]
"#;

fn named(what: &str) -> String {
    format!(r#"{{"KeyId":"{what}"}}"#)
}

/// A site whose server planted the seed once.
fn planted() -> Site {
    let site = Site::new();
    site.write("seed.yaml", SEED);
    site.dev("--seed seed.yaml").stop();
    site
}

/// The outcome of a start with another seed.
fn start_with(site: &Site, old: &str, new: &str) -> Ended {
    assert!(SEED.contains(old), "{old}");
    site.write("seed.yaml", &SEED.replace(old, new));
    site.run("dev --data-dir dev --listen 127.0.0.1:0 --seed seed.yaml")
}

#[test]
fn everything_is_there_at_the_first_request() {
    let site = Site::new();
    site.write("seed.yaml", SEED);
    let server = site.dev("--seed seed.yaml");
    let key = server.done("DescribeKey", &named("alias/one"));
    assert_eq!(key["KeyMetadata"]["KeyId"], KEY);
    assert_eq!(key["KeyMetadata"]["Description"], "seeded");
    let global = server.done("DescribeKey", &named("alias/global"));
    assert_eq!(global["KeyMetadata"]["KeyState"], "Disabled");
    assert_eq!(global["KeyMetadata"]["MultiRegion"], true);
    assert_eq!(
        server.done("ListResourceTags", &named(KEY))["Tags"][0]["TagKey"],
        "project"
    );
    let policy = server.done("GetKeyPolicy", &named(KEY));
    assert!(
        policy["Policy"]
            .as_str()
            .unwrap()
            .starts_with(r#"{"Version":"2012-10-17""#)
    );
}

#[test]
fn the_same_seed_gives_the_same_key_in_every_folder() {
    let site = Site::new();
    site.write("seed.yaml", SEED);
    let first = site.dev("--seed seed.yaml");
    let encrypted = first.done("Encrypt", r#"{"KeyId":"alias/one","Plaintext":"aGk="}"#);
    first.stop();
    let other = site.start("dev --data-dir other --seed seed.yaml");
    let decrypt = format!(r#"{{"CiphertextBlob":{}}}"#, encrypted["CiphertextBlob"]);
    assert_eq!(other.done("Decrypt", &decrypt)["Plaintext"], "aGk=");
}

#[test]
fn a_second_start_adds_what_is_absent() {
    let site = planted();
    site.write(
        "seed.yaml",
        &SEED.replace("alias/two]", "alias/two, alias/three]"),
    );
    let server = site.dev("--seed seed.yaml");
    let key = server.done("DescribeKey", &named("alias/three"));
    assert_eq!(key["KeyMetadata"]["KeyId"], KEY);
    assert_eq!(
        server.done("ListAliases", "{}")["Aliases"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[test]
fn what_differs_is_refused_with_file_line_and_reason() {
    let site = planted();
    let check = |old: &str, new: &str, line: &str, reason: &str| {
        let ended = start_with(&site, old, new).refused(&[line, reason]);
        assert!(!ended.err.contains("hush"), "{ended:?}");
    };
    check(
        "description: seeded",
        "description: other",
        "seed.yaml:10:",
        "another description",
    );
    check("[MDEy", "[MTEy", "seed.yaml:11:", "other key material");
    check(
        "project: alpha",
        "project: beta",
        "seed.yaml:12:",
        "other tags",
    );
    check(
        "Action: \"kms:*\"",
        "Action: \"kms:Get*\"",
        "seed.yaml:14:",
        "another key policy",
    );
    check(
        "alias/two]",
        "alias/global]",
        "seed.yaml:20:",
        "is there twice",
    );
    check(
        "enabled: false",
        "enabled: true",
        "seed.yaml:19:",
        "is disabled in this data folder",
    );
    check(
        "secret: root-secret",
        "secret: hush",
        "seed.yaml:5:",
        "another secret",
    );
    site.write("seed.yaml", SEED);
    site.dev("--seed seed.yaml").stop();
}

#[test]
fn an_alias_of_another_key_is_refused() {
    let site = planted();
    let server = site.dev("");
    let key = server.key();
    let create = format!(r#"{{"AliasName":"alias/three","TargetKeyId":"{key}"}}"#);
    server.done("CreateAlias", &create);
    server.stop();
    start_with(&site, "alias/two]", "alias/two, alias/three]").refused(&[
        "seed.yaml:16:",
        "alias/three stands for the key",
        &key,
    ]);
}

#[test]
fn what_callers_changed_stays_as_they_left_it() {
    let site = planted();
    let server = site.dev("--seed seed.yaml");
    let key = server.key();
    let update = format!(r#"{{"AliasName":"alias/one","TargetKeyId":"{key}"}}"#);
    server.done("UpdateAlias", &update);
    server.done("DeleteAlias", r#"{"AliasName":"alias/two"}"#);
    server.done("DisableKey", &named(KEY));
    server.stop();
    let server = site.dev("--seed seed.yaml");
    assert_eq!(
        server.done("DescribeKey", &named("alias/one"))["KeyMetadata"]["KeyId"],
        key
    );
    server.refused("DescribeKey", &named("alias/two"), "NotFoundException");
    assert_eq!(
        server.done("DescribeKey", &named(KEY))["KeyMetadata"]["Enabled"],
        false
    );
}

#[test]
fn a_deleted_key_is_not_revived() {
    let site = planted();
    let server = site.dev("--seed seed.yaml");
    server.done(
        "ScheduleKeyDeletion",
        &format!(r#"{{"KeyId":"{KEY}","PendingWindowInDays":7}}"#),
    );
    site.run("clock advance 8d --data-dir dev").done();
    server.stop();
    site.write(
        "seed.yaml",
        &SEED.replace("description: seeded", "description: again"),
    );
    let server = site.dev("--seed seed.yaml");
    server.refused("DescribeKey", &named(KEY), "NotFoundException");
    server.refused("DescribeKey", &named("alias/one"), "NotFoundException");
    assert_eq!(
        server.done("ListKeys", "{}")["Keys"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_mistake_is_told_before_anything_is_made() {
    let site = Site::new();
    site.write(
        "seed.yaml",
        "accounts:\n  \"111122223333\":\n    regoins: {}\n",
    );
    site.run("dev --data-dir dev --seed seed.yaml")
        .refused(&["seed.yaml:3:", "no member `regoins`"]);
    assert!(!site.exists("dev"));
    site.run("dev --data-dir dev --seed absent.yaml")
        .refused(&["absent.yaml"]);
}
