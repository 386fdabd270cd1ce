"""Metrics for a collector that speaks OTLP over HTTP, in protobuf as OpenTelemetry's own package
reads it: `docs/operating.md`, "OTLP". The receivers are started by the tests; some of them are
down, hang, or say no.
"""

import contextlib
import http.server
import re
import socket
import threading
import time

import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from prometheus_client.parser import text_string_to_metric_families
from support import Server, init, strongroom

CUMULATIVE = metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE
# Whoever runs the tests may send metrics of his own somewhere.
QUIET = {
    f"OTEL_{name}": None
    for name in (
        "EXPORTER_OTLP_ENDPOINT", "EXPORTER_OTLP_METRICS_ENDPOINT", "EXPORTER_OTLP_HEADERS",
        "EXPORTER_OTLP_PROTOCOL", "RESOURCE_ATTRIBUTES", "SERVICE_NAME", "SDK_DISABLED",
        "METRICS_EXPORTER", "METRIC_EXPORT_INTERVAL", "EXPORTER_OTLP_TIMEOUT",
    )
}  # fmt: skip


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return found


class Collector(http.server.ThreadingHTTPServer):
    """Takes metrics, and answers as it is told."""

    daemon_threads = True

    def __init__(self, port=0):
        # What it answers: a status, headers, a body; or "hang".
        self.answer = (200, {}, b"")
        self.taken, self.tries, self.heads = [], [], []
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.port = self.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        collector = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        collector.tries.append(time.monotonic())
        collector.heads.append((self.path, self.headers))
        answer = collector.answer
        if answer == "hang":
            time.sleep(30)
            return
        status, headers, text = answer
        if status == 200:
            request = metrics_service_pb2.ExportMetricsServiceRequest.FromString(body)
            collector.taken.append(request)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def collector():
    with Collector() as started:
        yield started


def started(place, *arguments, url=None, environment=None, interval=1):
    given = ["--metrics-otlp", url] if url else []
    if interval:
        given += ["--metrics-otlp-interval-seconds", str(interval)]
    return Server.dev(place / "data", *given, *arguments, environment=QUIET | (environment or {}))


class Told:
    """What one request told."""

    def __init__(self, request):
        [resource_metrics] = request.resource_metrics
        [scope_metrics] = resource_metrics.scope_metrics
        self.resource = attributes(resource_metrics.resource)
        self.scope = scope_metrics.scope
        self.metrics = {metric.name: metric for metric in scope_metrics.metrics}
        assert len(self.metrics) == len(scope_metrics.metrics)

    def points(self, name):
        metric = self.metrics.get(name)
        return getattr(metric, metric.WhichOneof("data")).data_points if metric else []

    def point(self, name, **labels):
        found = [point for point in self.points(name) if attributes(point) == labels]
        assert len(found) <= 1
        return found[0] if found else None

    def value(self, name, **labels):
        point = self.point(name, **labels)
        return None if point is None else getattr(point, point.WhichOneof("value"))


def attributes(of):
    return {attribute.key: attribute.value.string_value for attribute in of.attributes}


def done(operation):
    return {"operation": operation, "result": "success", "error_code": ""}


def test_a_collector_is_told_what_prometheus_is(tmp_path, collector):
    begun = time.time_ns()
    with started(tmp_path, "--metrics-listen", "127.0.0.1:0", url=collector.url) as server:
        kms = server.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for _ in range(5):
            kms.encrypt(KeyId=key, Plaintext=b"x")

        def told():
            last = collector.taken and Told(collector.taken[-1])
            return last and last.value("strongroom_requests_total", **done("Encrypt")) and last

        last = until(told)
        page = httpx.get(server.printed("metrics")).text
        version = strongroom("--version").stdout.split()[1]
    (path, head) = collector.heads[0]
    assert path == "/v1/metrics"
    assert head["Content-Type"] == "application/x-protobuf"
    assert head["User-Agent"] == f"strongroom/{version}"
    assert last.resource["service.name"] == "strongroom"
    assert last.resource["service.version"] == version
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", last.resource["service.instance.id"])
    assert last.resource["host.name"] == socket.gethostname()
    assert (last.scope.name, last.scope.version) == ("strongroom", version)
    assert last.value("strongroom_requests_total", **done("Encrypt")) == 5

    calls = last.metrics["strongroom_requests_total"]
    assert calls.WhichOneof("data") == "sum" and calls.sum.is_monotonic
    assert calls.sum.aggregation_temporality == CUMULATIVE
    assert calls.description == "Calls that were answered, by operation and outcome."
    took = last.metrics["strongroom_request_duration_seconds"]
    assert took.WhichOneof("data") == "histogram" and took.unit == "s"
    assert took.histogram.aggregation_temporality == CUMULATIVE
    point = last.point("strongroom_request_duration_seconds", operation="Encrypt")
    assert point.count == sum(point.bucket_counts) == 5 and 0 < point.sum < 10
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    assert list(point.explicit_bounds) == sorted(point.explicit_bounds)
    assert point.explicit_bounds[0] == 0.0005 and point.explicit_bounds[-1] == 2.5
    assert begun <= point.start_time_unix_nano < point.time_unix_nano <= time.time_ns()
    ready = last.metrics["strongroom_ready"]
    assert ready.WhichOneof("data") == "gauge"
    assert last.value("strongroom_ready", part="store") == 1

    # Whatever has a line there is told here, by the same name, and nothing else is.
    families = {}
    for family in text_string_to_metric_families(page):
        if family.samples:
            counter = family.type == "counter"
            families[family.name + "_total" * counter] = family.type
    there = {
        name: {"sum": "counter"}.get(metric.WhichOneof("data"), metric.WhichOneof("data"))
        for name, metric in last.metrics.items()
    }
    assert there.items() <= families.items()
    # Some may have come between the two.
    assert len(families) - len(there) <= 3


def test_values_are_those_since_the_beginning_and_the_last_are_sent_at_the_end(tmp_path, collector):
    with started(tmp_path, url=collector.url) as server:
        until(lambda: len(collector.taken) >= 2)
        for _ in range(3):
            server.client().list_keys()
    last, first = Told(collector.taken[-1]), Told(collector.taken[0])
    assert last.value("strongroom_requests_total", **done("ListKeys")) == 3
    assert last.resource == first.resource
    name = "strongroom_audit_records_total"
    assert last.point(name).start_time_unix_nano == first.point(name).start_time_unix_nano
    assert last.value(name) >= first.value(name) + 3
    # The first of them is on its way when the page is made.
    assert last.value("strongroom_otlp_exports_total", result="success") >= 2


def test_nothing_is_sent_unless_somebody_says_where(tmp_path, collector):
    with started(tmp_path) as server:
        server.client().list_keys()
        time.sleep(1.5)
    assert collector.tries == []
    assert server.stderr == ""


def test_the_variables_of_opentelemetry_are_honoured(tmp_path, collector):
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url + "/base",
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20secret,x-scope=kms",
        "OTEL_METRIC_EXPORT_INTERVAL": "200",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,service.name=other",
        "OTEL_SERVICE_NAME": "vault",
    }
    with started(tmp_path, interval=None, environment=environment):
        until(lambda: len(collector.taken) >= 3, seconds=10)
    path, head = collector.heads[0]
    assert path == "/base/v1/metrics"
    assert (head["Api-Key"], head["X-Scope"]) == ("a secret", "kms")
    told = Told(collector.taken[0])
    assert told.resource["service.name"] == "vault"
    assert told.resource["deployment.environment.name"] == "test"


@pytest.mark.parametrize(
    "more",
    [
        {"OTEL_SDK_DISABLED": "true"},
        {"OTEL_METRICS_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    ],
)
def test_the_variables_of_opentelemetry_may_say_no(tmp_path, collector, more):
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url} | more
    with started(tmp_path, environment=environment) as server:
        server.client().list_keys()
        time.sleep(1.5)
    assert collector.tries == []


def test_serve_reads_the_table_and_a_file_of_headers(tmp_path, collector):
    headers = tmp_path / "headers"
    headers.write_text("Authorization: Bearer s3cret-of-the-collector\n")
    config = tmp_path / "strongroom.toml"
    config.write_text(
        f'[metrics]\notlp = "{collector.url}"\notlp_interval_seconds = 1\n'
        f'otlp_headers = "{headers}"\notlp_attributes = {{ zone = "a" }}\n'
    )
    seal = f"key-file={tmp_path / 'seal.key'}"
    init(tmp_path / "data", seal, "--region", "us-east-1")
    with Server.serve(tmp_path / "data", seal, "--config", config, environment=QUIET) as server:
        until(lambda: collector.taken)
    assert Told(collector.taken[0]).resource["zone"] == "a"
    assert collector.heads[0][1]["authorization"] == "Bearer s3cret-of-the-collector"
    assert "s3cret" not in server.stderr + server.stdout


def test_a_collector_that_is_down_hangs_and_says_no_keeps_nobody_waiting(tmp_path, collector):
    arguments = ("--metrics-otlp-timeout-seconds", "1")
    with started(tmp_path, *arguments, url=collector.url, interval=2) as server:

        def calls():
            begun = time.monotonic()
            for _ in range(20):
                server.client().list_keys()
            assert time.monotonic() - begun < 5

        until(lambda: collector.taken)
        for answer in ("hang", (503, {}, b""), (400, {}, b"no"), (500, {}, b"")):
            tries = len(collector.tries)
            collector.answer = answer
            until(lambda: len(collector.tries) > tries)
            calls()
        collector.answer = (200, {}, b"")
        taken = len(collector.taken)
        until(lambda: len(collector.taken) > taken)
        last = until(lambda: len(collector.taken) > taken and Told(collector.taken[-1]))
        assert last.value("strongroom_otlp_exports_total", result="failure") >= 2
        assert last.value("strongroom_otlp_exports_total", result="refused") >= 1
        # It was said once, and not for each.
        assert server.stderr.count("metrics could not be sent") <= 2
    assert server.process.returncode == 0

    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    place = tmp_path / "down"
    place.mkdir()
    with started(place, url=f"http://127.0.0.1:{port}") as server:
        until(lambda: "metrics could not be sent" in server.stderr)
        server.client().list_keys()
        with Collector(port) as late:

            def listed():
                last = late.taken and Told(late.taken[-1])
                return last and last.value("strongroom_requests_total", **done("ListKeys"))

            # What was kept for later is taken first, and is of before.
            assert until(listed) == 1


def test_what_may_be_taken_later_is_tried_again_when_the_collector_says(tmp_path, collector):
    collector.answer = (429, {"Retry-After": "2"}, b"")
    with started(tmp_path, url=collector.url, interval=8):
        until(lambda: collector.tries)
        until(lambda: len(collector.tries) >= 2)
        first, second = collector.tries[:2]
        assert 2 <= second - first < 4
        collector.answer = (400, {}, b"")
        tries = len(collector.tries)
        until(lambda: len(collector.tries) > tries)
        # That was the last word on this one; the next comes when it is due.
        tries = len(collector.tries)
        time.sleep(2)
        assert len(collector.tries) == tries


def test_values_that_are_rejected_are_not_sent_again(tmp_path, collector):
    partly = metrics_service_pb2.ExportMetricsServiceResponse()
    partly.partial_success.rejected_data_points = 2
    partly.partial_success.error_message = "two of them are old"
    collector.answer = (200, {}, partly.SerializeToString())
    with started(tmp_path, url=collector.url) as server:
        until(lambda: "it rejected 2 values: two of them are old" in server.stderr)
        last = until(lambda: len(collector.taken) > 1 and Told(collector.taken[-1]))
        assert last.value("strongroom_otlp_exports_total", result="refused") >= 1


def test_what_cannot_be_is_refused_at_the_start(tmp_path):
    def refused(*arguments):
        given = ("dev", "--in-memory", "--listen", "127.0.0.1:0", *arguments)
        return strongroom(*given, fails=True).stderr

    assert "a url is https://HOST/PATH" in refused("--metrics-otlp", "collector:4317")
    gone = refused("--metrics-otlp", "http://h", "--metrics-otlp-headers", tmp_path / "gone")
    assert "No such file" in gone
    wrong = refused("--metrics-otlp", "http://h", "--metrics-otlp-attributes", "zone")
    assert "is not NAME=VALUE" in wrong


def test_no_account_and_no_key_is_told(tmp_path, collector):
    with started(tmp_path, url=collector.url) as server:
        key = server.client(account="123456789012").create_key(Description="mallory")
        until(lambda: collector.taken)
    told = b"".join(request.SerializeToString() for request in collector.taken)
    for word in (b"123456789012", b"mallory", key["KeyMetadata"]["KeyId"].encode()):
        assert word not in told
