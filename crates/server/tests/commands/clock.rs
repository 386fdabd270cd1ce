//! The service clock of development.

use super::program::Site;

#[test]
fn a_week_passes_in_a_second() {
    let site = Site::new();
    let server = site.dev("");
    let key = server.key();
    let named = format!(r#"{{"KeyId":"{key}"}}"#);
    let week = format!(r#"{{"KeyId":"{key}","PendingWindowInDays":7}}"#);
    server.done("ScheduleKeyDeletion", &week);
    site.run("clock advance 6d --data-dir dev").done();
    assert_eq!(
        server.done("DescribeKey", &named)["KeyMetadata"]["KeyState"],
        "PendingDeletion"
    );
    let shown = site
        .run("clock advance 2d --data-dir dev --output json")
        .done()
        .json();
    assert_eq!(shown["ahead"], "8d");
    server.refused("DescribeKey", &named, "NotFoundException");
    assert_eq!(
        server.done("ListKeys", "{}")["Keys"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn the_clock_stays_ahead_after_a_restart_and_never_goes_back() {
    let site = Site::new();
    let ahead = |expected: &str| {
        let shown = site
            .run("clock show --data-dir dev --output json")
            .done()
            .json();
        assert_eq!(shown["ahead"], expected);
    };
    let server = site.dev("--clock-offset 7d");
    ahead("7d");
    site.run("clock advance 12h --data-dir dev").done();
    server.stop();
    let server = site.dev("");
    ahead("7d12h");
    server.stop();
    let server = site.dev("--clock-offset 1d");
    ahead("7d12h");
    server.stop();
    let _server = site.dev("--clock-offset 9d");
    ahead("9d");
    site.run("clock advance 36500d --data-dir dev")
        .refused(&["at most 100 years"]);
}

#[test]
fn only_a_running_development_server_has_a_clock_to_move() {
    let site = Site::initialised();
    for command in ["advance 1d", "show"] {
        let line = format!("clock {command} --data-dir data");
        site.run(&line).refused(&["no development server runs"]);
        let server = site.serve();
        site.run(&line).refused(&["in development only"]);
        server.stop();
    }
}

#[test]
fn a_server_in_memory_leaves_nothing_behind() {
    let site = Site::new();
    let server = site.start("dev --in-memory");
    server.key();
    server.stop();
    assert_eq!(std::fs::read_dir(site.path(".")).unwrap().count(), 0);
}
