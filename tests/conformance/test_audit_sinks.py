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


def is_checkpoint(line):
    return line.startswith(b'{"note":')


def size_of(checkpoint):
    """How many records a checkpoint vouches for."""
    return int(json.loads(checkpoint)["note"].split("\n")[1])


class Collected:
    """Records and checkpoints as they came, repeated ones included."""

    def __init__(self):
        self.lines, self.checkpoints, self.everything = [], [], []

    def take(self, line):
        line = bytes(line)
        self.everything.append(line)
        if is_checkpoint(line):
            # It comes behind the records that it vouches for, or before all of them.
            assert not self.lines or size_of(line) <= max(self.seqs) or size_of(line) < min(self.seqs)
            self.checkpoints.append(line)
        else:
            self.lines.append(line)

    def keep(self, *files):
        """What a collector keeps: lines as they came, in as many files."""
        share = -(-len(self.everything) // len(files))
        for number, file in enumerate(files):
            lines = self.everything[number * share : (number + 1) * share]
            file.write_bytes(b"".join(line + b"\n" for line in lines))
        return files

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
    if is_checkpoint(line):
        assert name == b"Checkpoint"
        assert b"\ntime " + stamp + b"\n" in entry["note"].encode()
        return line
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
            if size := self.headers["X-Strongroom-Checkpoint"]:
                [line] = lines
                assert size_of(line) == int(size) and body.endswith(b"\n")
                assert "X-Strongroom-First-Seq" not in self.headers
                hook.collected.take(line)
                lines = []
            else:
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


def public_keys(server, place):
    file = place / "public-keys"
    file.write_text(strongroom("audit", "public-keys", "--data-dir", server.data_dir).stdout)
    return file


def verified(files, keys, fails=False):
    """What `audit verify` says of what a collector keeps."""
    named = [word for file in files for word in ("--collected", file)]
    answer = strongroom(
        "audit", "verify", *named, "--public-key", keys, "--output", "json", fails=fails
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize("kind", ["webhook", "syslog"])
def test_what_a_collector_keeps_can_be_verified_there(tmp_path, kind):
    collected = Collected()
    often = ["--audit-checkpoint-seconds", "1"]
    with contextlib.ExitStack() as stack:
        if kind == "webhook":
            secret = tmp_path / "secret"
            secret.write_text(SECRET)
            hook = Hook(collected)
            stack.callback(hook.shutdown)
            declared = sinks(tmp_path, type="webhook", url=hook.url, secret_file=str(secret))
        else:
            port = stack.enter_context(stream_collector(collected))
            declared = sinks(
                tmp_path, type="syslog", protocol="tcp", address=f"127.0.0.1:{port}"
            )
        for life in range(2):
            with Server.dev(tmp_path / "data", *declared, *often) as server:
                calls(server)
                known = len(collected.checkpoints)
                until(lambda: len(collected.checkpoints) > known)
                if kind == "webhook" and life == 0:
                    # What it did not acknowledge comes again.
                    hook.mood, tries = "ill", hook.tries
                    calls(server)
                    until(lambda: hook.tries > tries)
                    hook.mood = "well"
                calls(server)
                keys = public_keys(server, tmp_path)
        # The checkpoint of the end comes too.
        total = len(journal(tmp_path / "data"))
        until(lambda: any(size_of(line) == total for line in list(collected.checkpoints)))
    once = list(dict.fromkeys(collected.checkpoints))
    there = [
        line
        for file in sorted((tmp_path / "data" / "journal").glob("*.checkpoints"))
        for line in file.read_bytes().splitlines()
    ]
    assert once == there
    # Whatever comes twice, in another order of files, or is still being written.
    collected.everything += collected.everything[3:9]
    files = collected.keep(tmp_path / "b.ndjson", tmp_path / "a.ndjson", tmp_path / "c.ndjson")
    with open(files[2], "ab") as file:
        file.write(b'{"seq":')
    for order in (files, files[::-1]):
        told = verified(order, keys)
        assert told["sound"] and (told["first"], told["last"], told["sealed"]) == (1, total, total)
        assert told["checkpoints"] == len(there) and told["unsealed"] == 0

    whole = list(dict.fromkeys(collected.everything))
    victim = next(json.loads(line)["seq"] for line in whole if b'"eventName":"ListKeys"' in line)
    assert 1 < victim < total
    spool = tmp_path / "spool.ndjson"

    def fault(lines):
        spool.write_bytes(b"".join(line + b"\n" for line in lines))
        told = verified([spool], keys, fails=True)
        assert told["sound"] is False and told["file"] in (str(spool), "")
        return told["fault"], told["seq"]

    def without(wanted):
        return [line for line in whole if json.loads(line).get("seq") != wanted]

    def changed(wanted, old, new):
        found = [
            line.replace(old, new, 1) if json.loads(line).get("seq") == wanted else line
            for line in whole
        ]
        assert found != whole
        return found

    assert fault(without(victim)) == ("missing", victim)
    assert fault(without(total)) == ("cut-off", total)
    assert fault(changed(victim, b'"ListKeys"', b'"DescribeKey"')) == ("altered", victim)
    assert fault(changed(victim, b'{"', b'"{')) == ("altered", victim)
    twice = changed(victim, b'"ListKeys"', b'"DescribeKey"')
    assert fault(whole + [line for line in twice if line not in whole]) == ("altered", victim)
    assert fault([line for line in whole if line != there[1]])[0] == "missing"
    forged = [line.replace(b"time 2", b"time 3") for line in whole]
    assert fault(forged)[0] == "forged-checkpoint"
    assert fault([*whole, b'{"note":"of nobody","range":[]}'])[0] == "forged-checkpoint"
    assert fault([line for line in whole if not is_checkpoint(line)])[0] == "unsealed"
    # Whoever writes the whole chain anew has no checkpoint that vouches for it.
    rewritten, before = [], "0" * 64
    for line in whole:
        if not is_checkpoint(line):
            entry = json.loads(line) | {"prev_hash": before}
            if entry["seq"] == victim:
                entry["sourceIPAddress"] = "192.0.2.9"
            line = json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()
            before = hashlib.sha256(line).hexdigest()
        rewritten.append(line)
    assert fault(rewritten)[0] == "altered"


def test_a_sink_that_begins_late_begins_behind_a_checkpoint(tmp_path):
    with Server.dev(tmp_path / "data") as server:
        calls(server)
        keys = public_keys(server, tmp_path)
    before = len(journal(tmp_path / "data"))
    collected = Collected()
    with stream_collector(collected) as port:
        declared = sinks(
            tmp_path, type="syslog", protocol="tcp", address=f"127.0.0.1:{port}", from_beginning=False
        )
        with Server.dev(tmp_path / "data", *declared) as server:
            calls(server)
        until(lambda: len(collected.checkpoints) >= 2)
    assert is_checkpoint(collected.everything[0]) and size_of(collected.everything[0]) == before
    assert min(collected.seqs) == before + 1
    files = collected.keep(tmp_path / "spool")
    told = verified(files, keys)
    assert (told["first"], told["last"]) == (before + 1, len(journal(tmp_path / "data")))
    # Without that checkpoint nothing shows what there was before.
    collected.everything = collected.everything[1:]
    told = verified(collected.keep(tmp_path / "spool"), keys, fails=True)
    assert (told["fault"], told["seq"]) == ("missing", 1)


def test_a_sink_may_do_without_checkpoints(tmp_path):
    collected = Collected()
    with stream_collector(collected) as port:
        declared = sinks(
            tmp_path, type="syslog", protocol="tcp", address=f"127.0.0.1:{port}", checkpoints=False
        )
        with Server.dev(tmp_path / "data", *declared, "--audit-checkpoint-seconds", "1") as server:
            calls(server)
            until(lambda: list((server.data_dir / "journal").glob("*.checkpoints")))
            until(lambda: collected.is_all_of(server.data_dir))
    assert not collected.checkpoints


def test_sinks_that_cannot_be_are_refused_at_the_start(tmp_path):
    def refused(*arguments):
        return strongroom("dev", "--listen", "127.0.0.1:0", *arguments, fails=True).stderr

    data = ["--data-dir", tmp_path / "data"]
    assert "`secret_file`" in refused(*data, *sinks(tmp_path, type="webhook", url="http://h/"))
    gone = sinks(tmp_path, type="webhook", url="http://h/", secret_file=str(tmp_path / "gone"))
    assert "No such file" in refused(*data, *gone)
    assert "in memory" in refused("--in-memory", *sinks(tmp_path, type="stdout"))
