//! Settings of `serve`: the file gives way to the environment, and the environment to flags.

use super::program::Site;

#[test]
fn everything_can_stand_in_strongroom_toml() {
    let site = Site::initialised();
    site.write(
        "strongroom.toml",
        "data_dir = 'data'\nseal = 'key-file=seal.key'\n",
    );
    site.start("serve").stop();
}

#[test]
fn the_environment_wins_over_the_file_and_flags_win_over_both() {
    let site = Site::initialised();
    site.write(
        "strongroom.toml",
        "data_dir = 'nowhere'\nseal = 'key-file=no.key'\n",
    );
    let environment = [
        ("STRONGROOM_DATA_DIR", "data"),
        ("STRONGROOM_SEAL", "key-file=seal.key"),
    ];
    site.start_in("serve", &environment).stop();
    let wrong = [
        ("STRONGROOM_DATA_DIR", "wrong"),
        ("STRONGROOM_SEAL", "key-file=wrong.key"),
    ];
    site.run_in("serve", &wrong).refused(&["no store in wrong"]);
    site.start_in("serve --data-dir data --seal key-file=seal.key", &wrong)
        .stop();
}

#[test]
fn an_unknown_setting_is_named() {
    let site = Site::initialised();
    site.write(
        "strongroom.toml",
        "data_dir = 'data'\nseel = 'key-file=seal.key'\n",
    );
    site.run("serve")
        .refused(&["strongroom.toml", "line 2", "`seel`"]);
    site.run("serve --config absent.toml")
        .refused(&["absent.toml"]);
    assert_eq!(
        site.run_in("serve", &[("STRONGROOM_AUDIT_DURABILITY", "lax")])
            .code,
        2
    );
    assert_eq!(
        site.run_in("dev", &[("STRONGROOM_LOG", "strongroom=shout")])
            .code,
        2
    );
}
