"""Metrics: the page that Prometheus reads, against what was really asked
(custody-and-audit.md §7.1).
"""

import json
import pathlib
import re
import time

import httpx
import pytest
from botocore.exceptions import ClientError
from prometheus_client.parser import text_string_to_metric_families
from support import Server, boto_client, refused, strongroom


class Page:
    """One scrape, as Prometheus's own parser reads it."""

    def __init__(self, server):
        answer = httpx.get(server.printed("metrics"))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        self.text = answer.text
        self.families = {family.name: family for family in text_string_to_metric_families(answer.text)}

    def value(self, name, **labels):
        """The value of one sample; nothing if it is not there."""
        found = [
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        ]
        assert len(found) <= 1, found
        return found[0] if found else None

    def calls(self, operation, error=""):
        result = "error" if error else "success"
        return self.value(
            "strongroom_requests_total", operation=operation, result=result, error_code=error
        )


@pytest.fixture
def server(tmp_path):
    with Server.dev(tmp_path / "data", "--metrics-listen", "127.0.0.1:0") as started:
        yield started


def test_calls_are_counted_by_operation_and_outcome(server):
    kms = server.client()
    before = Page(server)
    assert before.calls("Encrypt") is None
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    for _ in range(7):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    kms.disable_key(KeyId=key)
    for _ in range(3):
        with refused("DisabledException"):
            kms.encrypt(KeyId=key, Plaintext=b"x")
    with refused("NotFoundException"):
        kms.describe_key(KeyId="00000000-0000-4000-8000-000000000000")
    page = Page(server)
    assert page.calls("CreateKey") == 1
    assert page.calls("DisableKey") == 1
    assert page.calls("Encrypt") == 7
    assert page.calls("Encrypt", "DisabledException") == 3
    assert page.calls("DescribeKey", "NotFoundException") == 1
    assert page.calls("DescribeKey") is None


def test_durations_are_a_histogram(server):
    kms = server.client()
    for _ in range(5):
        kms.generate_random(NumberOfBytes=8)
    page = Page(server)
    family = page.families["strongroom_request_duration_seconds"]
    assert family.type == "histogram"
    name = "strongroom_request_duration_seconds"
    mine = [sample for sample in family.samples if sample.labels["operation"] == "GenerateRandom"]
    buckets = [sample for sample in mine if sample.name == f"{name}_bucket"]
    bounds = [float(sample.labels["le"]) for sample in buckets]
    assert bounds == sorted(bounds) and bounds[0] == 0.0005 and bounds[-2:] == [2.5, float("inf")]
    counts = [sample.value for sample in buckets]
    assert counts == sorted(counts) and counts[-1] == 5
    assert page.value(f"{name}_count", operation="GenerateRandom") == 5
    assert 0 < page.value(f"{name}_sum", operation="GenerateRandom") < 10


def test_sts_unknown_operations_and_malformed_requests_are_counted(server):
    sts = boto_client("sts", server.endpoint, "111122223333")
    sts.get_caller_identity()
    with pytest.raises(ClientError):
        sts.assume_role(RoleArn="no-arn-but-long-enough", RoleSessionName="s")
    with server.raw() as raw:
        assert raw.call("NoSuchOperation").code == "UnknownOperationException"
        assert raw.call("Encrypt", b"{").code == "SerializationException"
    page = Page(server)
    assert page.calls("GetCallerIdentity") == 1
    assert page.calls("AssumeRole", "ValidationError") == 1
    assert page.calls("Unknown", "UnknownOperationException") == 1
    assert page.calls("Encrypt", "SerializationException") == 1


def test_decisions_are_counted_by_what_decided(server):
    kms, stranger = server.client(), server.client(account="999988887777")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    page = Page(server)
    allowed = {"effect": "allow", "source": "open-own-account"}
    assert page.value("strongroom_authz_decisions_total", **allowed) >= 1
    stranger.encrypt(KeyId=key, Plaintext=b"x")
    other = {"effect": "allow", "source": "open-other-account"}
    assert Page(server).value("strongroom_authz_decisions_total", **other) == 1


def test_refusals_at_the_door_are_counted_and_are_no_calls(tmp_path):
    arguments = ("--enforce", "--metrics-listen", "127.0.0.1:0")
    with Server.dev(tmp_path / "data", *arguments) as server:
        with refused("UnrecognizedClientException"):
            server.client().list_keys()
        with server.raw() as raw:
            raw.call("ListKeys", headers={"Authorization": None})
        page = Page(server)
        name = "strongroom_auth_failures_total"
        assert page.value(name, reason="UnrecognizedClientException") >= 1
        assert page.value(name, reason="MissingAuthenticationTokenException") == 1
        assert not page.families["strongroom_requests"].samples


def test_nothing_is_in_flight_at_rest_and_the_process_is_described(server):
    server.client().list_keys()
    page = Page(server)
    assert page.value("strongroom_inflight_requests") == 0
    assert page.value("strongroom_sealed") == 0
    assert page.value("strongroom_audit_writable") == 1
    assert page.value("strongroom_audit_records_total") >= 1
    assert page.value("process_resident_memory_bytes") > 1 << 20
    assert page.value("process_cpu_seconds_total") >= 0
    assert 3 < page.value("process_open_fds") < page.value("process_max_fds")
    assert abs(page.value("process_start_time_seconds") - time.time()) < 60
    (build,) = page.families["strongroom_build_info"].samples
    assert build.value == 1
    assert strongroom("--version").stdout.split()[1] == build.labels["version"]


def test_the_journal_and_its_sinks_are_told_of(tmp_path):
    sinks = tmp_path / "sinks.toml"
    # Nobody listens there.
    sinks.write_text('[[sink]]\nname = "gone"\ntype = "syslog"\nprotocol = "tcp"\naddress = "127.0.0.1:9"\n')
    arguments = (
        "--metrics-listen", "127.0.0.1:0", "--audit-sinks", str(sinks),
        "--audit-checkpoint-seconds", "1",
    )  # fmt: skip
    with Server.dev(tmp_path / "data", *arguments) as server:
        for _ in range(4):
            server.client().list_keys()
        end = time.monotonic() + 20
        while True:
            page = Page(server)
            sealed_at = page.value("strongroom_audit_last_checkpoint_timestamp_seconds")
            failures = page.value("strongroom_audit_failures_total", sink="gone")
            if (sealed_at and failures) or time.monotonic() > end:
                break
            time.sleep(0.1)
        assert abs(sealed_at - time.time()) < 60
        assert failures >= 1
        assert page.value("strongroom_audit_lag_events", sink="gone") >= 4


def test_throttled_calls_are_counted_by_group(tmp_path):
    arguments = ("--metrics-listen", "127.0.0.1:0", "--request-rate", "ListKeys=0.001")
    with Server.dev(tmp_path / "data", *arguments) as server:
        kms = server.client()
        kms.list_keys()
        for _ in range(2):
            with refused("ThrottlingException"):
                kms.list_keys()
        page = Page(server)
        assert page.value("strongroom_throttled_requests_total", scope="ListKeys") == 2
        assert page.calls("ListKeys") == 1
        assert page.calls("ListKeys", "ThrottlingException") == 2


def test_only_get_of_metrics_is_answered_and_not_on_the_listener_of_the_api(server):
    page = server.printed("metrics")
    refusal = httpx.post(page)
    assert (refusal.status_code, refusal.headers["allow"]) == (405, "GET")
    assert httpx.get(page.removesuffix("metrics")).status_code == 404
    assert httpx.get(page + "/more").status_code == 404
    assert httpx.get(f"{server.endpoint}/metrics").status_code == 404


def test_there_are_no_metrics_unless_they_are_asked_for(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        assert server.printed("metrics") is None


def test_what_clients_send_becomes_no_label(server):
    with server.raw() as raw:
        raw.call("Mallory")
    kms = server.client()
    with refused("NotFoundException"):
        kms.describe_key(KeyId="alias/mallory")
    assert "mallory" not in Page(server).text.lower()


def test_the_dashboard_asks_for_what_there_is(tmp_path):
    path = pathlib.Path(__file__).parents[2] / "docs" / "grafana-dashboard.json"
    dashboard = json.loads(path.read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\b(?:strongroom|process)_\w+", target["expr"])
    }
    sinks = tmp_path / "sinks.toml"
    sinks.write_text('[[sink]]\nname = "out"\ntype = "stdout"\n')
    arguments = (
        "--metrics-listen", "127.0.0.1:0", "--audit-sinks", str(sinks),
        "--audit-checkpoint-seconds", "1",
    )  # fmt: skip
    with Server.dev(tmp_path / "data", *arguments) as server:
        server.client().list_keys()
        end = time.monotonic() + 20
        name = "strongroom_audit_last_checkpoint_timestamp_seconds"
        while name not in (text := Page(server).text) and time.monotonic() < end:
            time.sleep(0.1)
    for name in asked:
        family = re.sub(r"_bucket$", "", name)
        assert f"\n# TYPE {family} " in text, name
