"""Metrics: the page that Prometheus reads, against what was really asked
(custody-and-audit.md §7.1).
"""

import concurrent.futures
import datetime
import json
import pathlib
import re
import resource
import signal
import socket
import time

import httpx
import pytest
import yaml
from botocore.exceptions import ClientError
from imports import import_material
from key_stores import (
    CLOSED,
    CLUSTER,
    PIN,
    Certificate,
    Outside,
    connect,
    external,
    external_key,
    external_store,
    fresh_name,
)
from prometheus_client.parser import text_string_to_metric_families
from support import Server, boto_client, init, refused, strongroom


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
    assert page.value("strongroom_audit_writable") == 1
    assert page.value("strongroom_selftest_ok") == 1
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


def eventually(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found


def test_keys_are_counted_by_what_they_are(server):
    kms = server.client()
    for _ in range(2):
        kms.create_key()
    kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    gone = server.client(region="eu-west-1").create_key()["KeyMetadata"]["KeyId"]
    server.client(region="eu-west-1").schedule_key_deletion(KeyId=gone, PendingWindowInDays=7)
    kms.create_key(Origin="EXTERNAL")

    def keys():
        page = Page(server)
        found = page.families["strongroom_keys"].samples
        return page if sum(sample.value for sample in found) == 5 else None

    page = eventually(keys)
    symmetric = {"spec": "SYMMETRIC_DEFAULT", "origin": "AWS_KMS"}
    assert page.value("strongroom_keys", state="Enabled", **symmetric) == 2
    assert page.value("strongroom_keys", state="PendingDeletion", **symmetric) == 1
    assert page.value("strongroom_keys", state="Enabled", spec="HMAC_256", origin="AWS_KMS") == 1
    pending = {"state": "PendingImport", "spec": "SYMMETRIC_DEFAULT", "origin": "EXTERNAL"}
    assert page.value("strongroom_keys", **pending) == 1
    assert page.value("strongroom_pending_deletion_keys") == 1
    assert page.value("strongroom_domain_keys") == 2
    assert page.value("strongroom_rewrap_pending", level="domain") == 0
    assert 0 <= page.value("strongroom_census_duration_seconds") < 10
    # A key whose time is over counts no more, whether it was swept or not.
    server.advance("8d")
    eventually(lambda: Page(server).value("strongroom_pending_deletion_keys") == 0)


def test_what_time_will_do_next_is_told_by_the_service_clock(server):
    kms = server.client()
    assert Page(server).value("strongroom_next_rotation_seconds_min") is None
    day = 24 * 60 * 60
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=9)
    for passed in (0, 3):
        if passed:
            server.advance(f"{passed}d")
        page = Page(server)
        for name, days in (("rotation", 100), ("deletion", 9)):
            left = page.value(f"strongroom_next_{name}_seconds_min")
            assert 0 <= (days - passed) * day - left < 60, (name, left)
        assert 0 <= page.value("strongroom_root_key_age_seconds") - passed * day < 60
        for name in ("strongroom_key_age_seconds_max", "strongroom_domain_key_age_seconds_max"):
            # Known once the keys were counted.
            eventually(lambda: Page(server).value(name) is not None)
            assert 0 <= Page(server).value(name) - passed * day < 60
    assert page.value("strongroom_seals", type="key-file") == 1


def test_a_new_root_key_is_young(tmp_path):
    seal = f"key-file={tmp_path / 'seal.key'}"
    init(tmp_path / "data", seal, "--region", "us-east-1")
    with Server.serve(tmp_path / "data", seal, "--metrics-listen", "127.0.0.1:0") as server:
        time.sleep(1.5)
        assert Page(server).value("strongroom_root_key_age_seconds") >= 1
        strongroom("root-key", "rotate", "--data-dir", tmp_path / "data", "--seal", seal)
        assert Page(server).value("strongroom_root_key_age_seconds") < 1


def test_the_store_is_told_of(server):
    def count(page, op):
        return page.value("strongroom_store_txn_duration_seconds_count", op=op)

    kms = server.client()
    before = Page(server)
    for _ in range(3):
        kms.create_key()
    page = Page(server)
    assert count(page, "commit") >= count(before, "commit") + 3
    assert count(page, "get") > 0 and count(page, "scan") > 0
    revisions = [found.value("strongroom_store_revision") for found in (before, page)]
    assert revisions[1] >= revisions[0] + 3
    assert page.value("strongroom_store_failures_total") == 0
    size = page.value("strongroom_store_size_bytes")
    assert size > page.value("strongroom_store_free_bytes") >= 0
    assert page.value("strongroom_disk_size_bytes") > page.value("strongroom_disk_free_bytes") > 0
    rows = eventually(lambda: Page(server).value("strongroom_store_rows"))
    kms.create_key()
    eventually(lambda: Page(server).value("strongroom_store_rows") > rows)
    assert page.value("strongroom_audit_sync_duration_seconds_count") > 0
    for part in ("store", "journal", "self-test"):
        assert page.value("strongroom_ready", part=part) == 1


def test_conflicts_of_commits_are_counted(server):
    kms = server.client()
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    kms.create_alias(AliasName="alias/hot", TargetKeyId=keys[0])

    def move(number):
        kms.update_alias(AliasName="alias/hot", TargetKeyId=keys[number % 2])

    # Calls for one record wait for their turn, but each has looked at it first.
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for _ in range(20):
            list(pool.map(move, range(64)))
            if Page(server).value("strongroom_store_conflicts_total"):
                return
    raise AssertionError("nothing ever moved")


def test_cryptography_is_told_of(tmp_path):
    arguments = ("--metrics-listen", "127.0.0.1:0", "--rsa-ready-2048", "1")
    with Server.dev(tmp_path / "data", *arguments) as server:
        kms = server.client()
        page = Page(server)
        assert page.value("strongroom_rsa_pool_wanted", spec="RSA_2048") == 0
        assert page.value("strongroom_known_answers", job="sign", spec="RSA_2048") is None
        key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.sign(KeyId=key, Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256")
        page = Page(server)
        assert page.value("strongroom_rsa_pool_wanted", spec="RSA_2048") == 1
        assert page.value("strongroom_known_answers", job="sign", spec="RSA_2048") == 1
        eventually(lambda: Page(server).value("strongroom_rsa_pool_ready", spec="RSA_2048") == 1)
        assert page.value("strongroom_locked_memory_secrets") > 0


def test_the_end_of_the_certificate_is_told(tmp_path):
    certificate = Certificate(tmp_path, "listener", ["127.0.0.1"])
    arguments = (
        "--metrics-listen", "127.0.0.1:0",
        "--tls-certificate", certificate.chain, "--tls-key", certificate.key,
    )  # fmt: skip
    with Server.dev(tmp_path / "data", *arguments) as server:
        told = Page(server).value("strongroom_tls_cert_expiry_timestamp_seconds")
    assert told == int(certificate.certificate.not_valid_after_utc.timestamp())


def test_custom_key_stores_are_told_of(tmp_path):
    with Outside(tmp_path, "--metrics-listen", "127.0.0.1:0") as outside:
        server = outside.server
        kms = server.service()
        store = external_store(kms)
        key = external_key(kms, store)
        blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
        kms.decrypt(CiphertextBlob=blob)
        outside.proxy.misbehave(encrypt={"status": 400, "error": "ThrottlingException"})
        for _ in range(2):
            with refused("KMSInvalidStateException"):
                kms.encrypt(KeyId=key.id, Plaintext=b"x")
        outside.proxy.misbehave(decrypt={"status": 400, "error": "AccessDeniedException"})
        with refused("KMSInvalidStateException"):
            kms.decrypt(CiphertextBlob=blob)
        page = Page(server)

        def asked(operation):
            name = "strongroom_xks_duration_seconds_count"
            return page.value(name, store=store, xks_operation=operation)

        def errors(operation, error_type, exception):
            return page.value(
                "strongroom_xks_errors_total", store=store, operation=operation,
                xks_operation=operation, error_type=error_type, exception=exception,
            )  # fmt: skip

        assert (asked("Encrypt"), asked("Decrypt"), asked("GetKeyMetadata")) == (3, 2, 1)
        assert asked("GetHealthStatus") == 1
        assert errors("Encrypt", "retryable", "ThrottlingException") == 2
        assert errors("Decrypt", "non-retryable", "AccessDeniedException") == 1
        ends = outside.proxy_certificate.certificate.not_valid_after_utc.timestamp()
        assert page.value("strongroom_xks_cert_expiry_timestamp_seconds", store=store) == int(ends)
        states = {
            sample.labels["state"]: sample.value
            for sample in page.families["strongroom_xks_ekm_state"].samples
        }
        assert states == {"ACTIVE": 1, "DEGRADED": 0, "UNAVAILABLE": 1}

        def standing(state):
            labels = {"store": store, "type": "EXTERNAL_KEY_STORE", "state": state}
            return Page(server).value("strongroom_custom_key_store_state", **labels)

        eventually(lambda: standing("CONNECTED") == 1)
        age = Page(server).value("strongroom_xks_credential_age_seconds", store=store)
        assert 0 <= age < 60
        outside.proxy.behave()
        kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        eventually(lambda: standing("DISCONNECTED") == 1 and standing("CONNECTED") is None)
        unavailable = {"state": "Unavailable", "spec": "SYMMETRIC_DEFAULT"}
        eventually(
            lambda: Page(server).value(
                "strongroom_keys", origin="EXTERNAL_KEY_STORE", **unavailable
            )
        )

        # A store that never came into being has no line.
        with refused("XksProxyUriUnreachableException"):
            kms.create_custom_key_store(**external(XksProxyUriEndpoint=CLOSED))
        stores = {
            sample.labels["store"]
            for sample in Page(server).families["strongroom_xks_duration_seconds"].samples
        }
        assert stores == {store}

        parameters = {"CloudHsmClusterId": CLUSTER, "KeyStorePassword": PIN}
        hsm = kms.create_custom_key_store(
            CustomKeyStoreName=fresh_name(), TrustAnchorCertificate=outside.anchor, **parameters
        )["CustomKeyStoreId"]
        connect(kms, hsm)
        kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=hsm)
        page = Page(server)
        for operation in ("LogIn", "GenerateRandom"):
            labels = {"store": hsm, "hsm_operation": operation}
            assert page.value("strongroom_hsm_duration_seconds_count", **labels) == 1
        assert "example.com" not in page.text


def reasons(server, path="readyz"):
    """What a page of health says, and its status."""
    answer = httpx.get(server.printed("metrics").removesuffix("metrics") + path)
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()


def test_health_is_told_with_reasons_to_who_may_ask(server):
    assert reasons(server) == (200, {"status": "ready"})
    assert reasons(server, "livez") == (200, {"status": "alive"})
    assert reasons(server, "startupz") == (200, {"status": "started"})
    status, seals = reasons(server, "sealstatus")
    assert status == 200 and seals["sealed"] is False
    assert [seal["type"] for seal in seals["seals"]] == ["key-file"]
    assert set(seals["seals"][0]) == {"id", "type", "root_key_version"}
    # A limit on the size of files fails every write of the process from now on.
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    with server.raw() as raw:
        assert raw.call("ListKeys", {}).code == "KMSInternalException"
    status, told = reasons(server)
    assert status == 503 and told["status"] == "not ready"
    assert "journal cannot be written" in told["reasons"]["journal"]
    assert reasons(server, "livez")[0] == 200
    page = Page(server)
    assert page.value("strongroom_ready", part="journal") == 0
    assert page.value("strongroom_audit_writable") == 0
    assert httpx.get(f"{server.endpoint}/readyz").json() == {"status": "not ready"}
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
    eventually(lambda: reasons(server) == (200, {"status": "ready"}))


def test_a_server_that_stops_is_not_ready(server):
    # A request that has not come whole keeps the server from ending.
    waiting = socket.create_connection((server.host, server.port))
    waiting.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
    eventually(lambda: Page(server).text)
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    status, told = eventually(lambda: (found := reasons(server))[0] == 503 and found)
    assert told["reasons"] == {"server": "it is stopping"}
    waiting.close()
    assert server.process.wait(20) == 0


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


def asked_for(expression):
    return re.findall(r"\b(?:strongroom|process)_\w+", expression)


def test_the_dashboard_and_the_alerts_ask_for_what_there_is(tmp_path):
    docs = pathlib.Path(__file__).parents[2] / "docs"
    dashboard = json.loads((docs / "grafana-dashboard.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel.get("targets", [])
        for name in asked_for(target["expr"])
    }
    alerts = yaml.safe_load((docs / "prometheus-alerts.yml").read_text())
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {"summary", "description"}
        asked.update(asked_for(rule["expr"]))
    sinks = tmp_path / "sinks.toml"
    sinks.write_text('[[sink]]\nname = "out"\ntype = "stdout"\n')
    certificate = Certificate(tmp_path, "listener", ["127.0.0.1"])
    arguments = (
        "--metrics-listen", "127.0.0.1:0", "--audit-sinks", str(sinks),
        "--audit-checkpoint-seconds", "1",
        "--tls-certificate", certificate.chain, "--tls-key", certificate.key,
    )  # fmt: skip
    with Server.dev(tmp_path / "data", *arguments) as server:
        kms = server.client(verify=str(certificate.chain))
        kms.enable_key_rotation(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        expiring = {
            "ExpirationModel": "KEY_MATERIAL_EXPIRES",
            "ValidTo": datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3),
        }
        external = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        import_material(kms, external, bytes(32), **expiring)
        name = "strongroom_audit_last_checkpoint_timestamp_seconds"
        eventually(lambda: name in Page(server).text)
        text = Page(server).text
    for name in asked:
        family = re.sub(r"_(bucket|count|sum)$", "", name)
        assert f"\n# TYPE {family} " in text, name


def test_the_documentation_names_what_there_is(server):
    """Every family is in the table of docs/operating.md, and nothing else is."""
    text = (pathlib.Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    documented = set(re.findall(r"^\| `(strongroom_\w+)`", text, re.MULTILINE))
    there = set(re.findall(r"^# TYPE (strongroom_\w+) ", Page(server).text, re.MULTILINE))
    # What is there only once something has happened.
    rarely = {
        "strongroom_audit_last_checkpoint_timestamp_seconds",
        "strongroom_domain_key_age_seconds_max",
        "strongroom_key_age_seconds_max",
        "strongroom_material_expiry_seconds_min",
        "strongroom_next_deletion_seconds_min",
        "strongroom_next_rotation_seconds_min",
        "strongroom_otlp_exports_total",
        "strongroom_tls_cert_expiry_timestamp_seconds",
    }
    assert documented - rarely == there - rarely
    assert rarely <= documented
