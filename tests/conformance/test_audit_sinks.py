"""Where the journal goes besides its files: `docs/audit-log.md`, "Sinks".

Collectors are started by the tests: syslog over UDP, TCP and TLS, and HTTP servers that fail,
hang and recover. A sink gets every record at least once, in order, whatever happens to it, and no
call waits for it.
"""

import contextlib
import datetime
import hashlib
import hmac
import http.server
import ipaddress
import json
import socket
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support import ACCOUNT, Server, journal, strongroom

SECRET = "a secret of thirty-two characters"


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


class Collected:
    """Records as they came, repeated ones included."""

    def __init__(self):
        self.lines = []

    def take(self, line):
        self.lines.append(bytes(line))

    @property
    def seqs(self):
        return [json.loads(line)["seq"] for line in list(self.lines)]

    def is_all_of(self, data, first=1):
        """Everything that the journal has is there, to the byte; and nothing came too early."""
        written = [line.rstrip(b"\n") for line in journal(data)][first - 1 :]
        seen = list(self.lines)
        if not set(written) <= set(seen):
            return False
        assert set(seen) <= set(written)
        once = list(dict.fromkeys(seen))
        assert once == written
        return True


def sinks(place, **sink):
    """A file that declares one sink."""
    table = {"name": "out", "from_beginning": True, "timeout_seconds": 1, **sink}
    file = place / "sinks.toml"
    file.write_text("[[sink]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in table.items()))
    return ["--audit-sinks", file]


def calls(server, count=5):
    """Calls that nothing may hold up."""
    raw = server.raw(timeout=5)
    for _ in range(count):
        begun = time.monotonic()
        assert raw.call("ListKeys", {}, ACCOUNT).status == 200
        assert time.monotonic() - begun < 2


def message(text):
    """The record in a message of RFC 5424."""
    head, line = text.split(b" - ", 1)
    priority_version, stamp, host, app, process, name = head.split(b" ")
    entry = json.loads(line)
    assert priority_version == b"<110>1" and app == b"strongroom" and process.isdigit() and host
    assert (stamp.decode(), name.decode()) == (entry["eventTime"], entry["eventName"][:32])
    return line


@contextlib.contextmanager
def stream_collector(collected, port=0, tls=None):
    """A collector of octet-counted messages over TCP."""
    listener = socket.create_server(("127.0.0.1", port))
    open_ones = []

    def read(connection):
        with contextlib.suppress(OSError, ValueError):
            if tls:
                connection = tls.wrap_socket(connection, server_side=True)
                open_ones.append(connection)
            file = connection.makefile("rb")
            while True:
                length = b""
                while not length.endswith(b" "):
                    byte = file.read(1)
                    if not byte:
                        return
                    length += byte
                collected.take(message(file.read(int(length))))

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                open_ones.append(connection)
                threading.Thread(target=read, args=[connection], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_ones:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def certificate(place):
    """A certificate for 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "collector")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    chain, private = place / "collector.pem", place / "collector.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return context, chain


def test_standard_output_has_every_record(tmp_path):
    with Server.dev(tmp_path / "data", *sinks(tmp_path, type="stdout")) as server:
        calls(server)
        before = len(journal(server.data_dir))
        until(lambda: server.stdout.count('"seq":') >= before)
    printed = Collected()
    for line in server.stdout.splitlines():
        if line.startswith("{"):
            printed.take(line.encode())
    assert printed.is_all_of(server.data_dir)


def test_syslog_over_udp(tmp_path):
    collected = Collected()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.2)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        declared = sinks(tmp_path, type="syslog", protocol="udp", address=address)
        with Server.dev(tmp_path / "data", *declared) as server:
            calls(server)

            def read():
                with contextlib.suppress(TimeoutError):
                    while True:
                        collected.take(message(listener.recv(65536)))
                return collected.is_all_of(server.data_dir)

            until(read)


@pytest.mark.parametrize("protocol", ["tcp", "tls"])
def test_syslog_over_a_connection_that_breaks(tmp_path, protocol):
    collected, tls, more = Collected(), None, {}
    if protocol == "tls":
        tls, chain = certificate(tmp_path)
        more = {"ca": str(chain)}
    with stream_collector(collected, tls=tls) as port:
        declared = sinks(
            tmp_path, type="syslog", protocol=protocol, address=f"127.0.0.1:{port}", **more
        )
        server = Server.dev(tmp_path / "data", *declared)
        calls(server)
        until(lambda: collected.is_all_of(server.data_dir))
    # Nobody listens now, and nobody waits for that.
    with server:
        calls(server, 20)
        with stream_collector(collected, port, tls=tls):
            until(lambda: collected.is_all_of(server.data_dir))
            server.stop()
            until(lambda: collected.is_all_of(server.data_dir))
            # Another process goes on where this one was.
            sent = len(collected.lines)
            with Server.dev(tmp_path / "data", *declared) as server:
                calls(server)
                until(lambda: collected.is_all_of(server.data_dir))
            again = collected.seqs[sent:]
            assert again[0] >= collected.seqs[sent - 1] and len(again) < 40


class Hook(http.server.ThreadingHTTPServer):
    """Takes batches, checks that they are signed, and does what `mood` says."""

    daemon_threads = True

    def __init__(self, collected):
        self.collected, self.mood, self.tries = collected, "well", 0
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/records?from=strongroom"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        hook = self.server
        hook.tries += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stamp, signature = self.headers["X-Strongroom-Signature"].split(",")
        expected = hmac.new(
            SECRET.encode(), stamp.removeprefix("t=").encode() + b"." + body, hashlib.sha256
        )
        status = 204
        if hook.mood == "hanging":
            time.sleep(30)
            return
        if hook.mood == "ill" or signature != f"v1={expected.hexdigest()}":
            status = 503
        if status == 204:
            lines = body.splitlines()
            first, last = (self.headers[f"X-Strongroom-{end}-Seq"] for end in ("First", "Last"))
            assert int(last) - int(first) + 1 == len(lines)
            for line in lines:
                hook.collected.take(line)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_a_webhook_that_fails_hangs_and_recovers(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    collected = Collected()
    hook = Hook(collected)
    declared = sinks(tmp_path, type="webhook", url=hook.url, secret_file=str(secret))
    with Server.dev(tmp_path / "data", *declared) as server:
        calls(server)
        until(lambda: collected.is_all_of(server.data_dir))
        for mood in ("ill", "hanging"):
            hook.mood, tries = mood, hook.tries
            calls(server, 10)
            until(lambda: hook.tries > tries)
            assert not collected.is_all_of(server.data_dir)
            hook.mood = "well"
            until(lambda: collected.is_all_of(server.data_dir))
        assert "records could not be sent; it is tried again" in server.stderr
    cursor = json.loads((tmp_path / "data" / "sinks" / "out.cursor").read_text())
    assert cursor["sent"] == max(collected.seqs)
    # What came while the other side was away for a whole life of the process is sent by the next.
    hook.mood = "ill"
    with Server.dev(tmp_path / "data", *declared) as server:
        calls(server, 10)
    hook.mood = "well"
    with Server.dev(tmp_path / "data", *declared) as server:
        until(lambda: collected.is_all_of(server.data_dir))
    hook.shutdown()


def test_a_new_sink_begins_at_its_first_start(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        calls(server)
    collected = Collected()
    with stream_collector(collected) as port:
        declared = sinks(
            tmp_path, type="syslog", protocol="tcp", address=f"127.0.0.1:{port}", from_beginning=False
        )
        first = len(journal(tmp_path / "data")) + 1
        with Server.dev(tmp_path / "data", *declared) as server:
            calls(server)
            until(lambda: len(collected.lines) >= 5)
            until(lambda: collected.is_all_of(server.data_dir, first=min(collected.seqs)))
            assert min(collected.seqs) >= first


def test_sinks_that_cannot_be_are_refused_at_the_start(tmp_path):
    def refused(*arguments):
        return strongroom("dev", "--listen", "127.0.0.1:0", *arguments, fails=True).stderr

    data = ["--data-dir", tmp_path / "data"]
    assert "`secret_file`" in refused(*data, *sinks(tmp_path, type="webhook", url="http://h/"))
    gone = sinks(tmp_path, type="webhook", url="http://h/", secret_file=str(tmp_path / "gone"))
    assert "No such file" in refused(*data, *gone)
    assert "in memory" in refused("--in-memory", *sinks(tmp_path, type="stdout"))
