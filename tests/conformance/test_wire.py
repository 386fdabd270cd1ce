"""The wire protocol, without an SDK between (operations.md §1, clients.md)."""

import base64
import contextlib
import email.utils
import json
import socket
import ssl
import time
import warnings

import httpx
import pytest
from support import (
    UUID,
    Answer,
    Server,
    Violations,
    boto_client,
    careless_headers,
    judge,
    null,
)

MIB = 1024 * 1024


@pytest.fixture
def line(server):
    """A bare socket."""
    with Line(server) as line:
        yield line


class Line:
    def __init__(self, server, timeout=10):
        self.socket = socket.create_connection((server.host, server.port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host = f"{server.host}:{server.port}"
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def request(self, operation, body=b"{}", **headers):
        sent = careless_headers(operation, host=self.host)
        sent["Content-Length"] = str(len(body))
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value is not None)
        return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """One whole answer, with its header lines as they were spelled."""
        data = self.rest
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, rest = data.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        size = int(headers.get("Content-Length", 0))
        while len(rest) < size:
            rest += self._more()
        self.rest = rest[size:]
        return Answer(int(status.split()[1]), headers, rest[:size])

    def _more(self):
        received = self.socket.recv(65536)
        assert received, "the server closed the connection"
        return received

    def closed(self):
        """Whether the server ends the connection, and sends nothing more before it."""
        try:
            return not self.rest and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


# --- Targets and bodies ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    ["TrentService.NoSuchOperation", "TrentService.listKeys", "trentservice.ListKeys", "ListKeys",
     "TrentService.", "TrentService.ListKeys.x", "DynamoDB_20120810.ListTables", ""],
)  # fmt: skip
def test_a_target_that_is_none(raw, target):
    answer = raw.call(None, {}, headers={"X-Amz-Target": target})
    judge(None, answer)
    assert (answer.status, answer.json) == (400, {"__type": "UnknownOperationException"})


def test_a_target_that_is_missing(raw):
    answer = raw.call(None, {})
    judge(None, answer)
    assert (answer.status, answer.json) == (400, {"__type": "UnknownOperationException"})


def test_an_unknown_target_is_told_before_a_bad_body(raw):
    answer = raw.call("NoSuchOperation", b"{")
    assert answer.json == {"__type": "UnknownOperationException"}


@pytest.mark.parametrize(
    "body",
    [b"{", b"}", b"{}{}", b"{} x", b"[]", b'"text"', b"1", b"\xff", b"{\"a\":\xff}", b"not json",
     b"{'KeyId':'x'}", b"{\"Limit\":}", b"{\"Limit\":1,}", b"AliasName=alias%2Fx", b"\x00",
     b"[" * 100_000, b'{"a":' * 100_000],
)  # fmt: skip
def test_a_body_that_is_not_one_json_object(raw, body):
    answer = raw.call("ListKeys", body)
    judge("ListKeys", answer)
    assert (answer.status, answer.code) == (400, "SerializationException")


@pytest.mark.parametrize("body", [b"", b"{}", b" \r\n\t{ } \n"])
def test_an_empty_body_is_an_empty_object(raw, body):
    answer = raw.call("ListKeys", body)
    judge("ListKeys", answer)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("operation", "member", "value"),
    [
        ("ListKeys", "Limit", "10"), ("ListKeys", "Limit", 1.5), ("ListKeys", "Limit", True),
        ("ListKeys", "Limit", []), ("ListKeys", "Limit", {}), ("ListKeys", "Limit", 10**30),
        ("ListKeys", "Marker", 1), ("ListKeys", "Marker", {}), ("ListKeys", "ResourceOwners", "SELF"),
        ("ListKeys", "ResourceOwners", {}), ("ListKeys", "ResourceOwners", [1]),
        ("DescribeKey", "KeyId", 1), ("DescribeKey", "KeyId", ["x"]), ("DescribeKey", "KeyId", True),
        ("DescribeKey", "GrantTokens", "t"), ("DescribeKey", "GrantTokens", [1]),
        ("CreateKey", "MultiRegion", "true"), ("CreateKey", "MultiRegion", 1),
        ("CreateKey", "Tags", {}), ("CreateKey", "Tags", ["a"]), ("CreateKey", "Tags", [{"TagKey": 1}]),
        ("CreateKey", "Description", 5), ("CreateKey", "Origin", 5),
        ("Encrypt", "Plaintext", 1), ("Encrypt", "Plaintext", [1, 2]), ("Encrypt", "Plaintext", {}),
        ("Encrypt", "EncryptionContext", "a=b"), ("Encrypt", "EncryptionContext", []),
        ("Encrypt", "EncryptionContext", {"a": 1}), ("Encrypt", "EncryptionContext", {"a": {"b": "c"}}),
    ],
)  # fmt: skip
def test_a_member_of_the_wrong_type(raw, operation, member, value):
    answer = raw.call(operation, {member: value})
    judge(operation, answer)
    assert (answer.status, answer.code) == (400, "SerializationException")


@pytest.mark.parametrize("text", ["%%%%", "YQ", "YWI", "YQ=", "YQ===", "Y Q==", "_-8=", "YQ==\n", "ä"])
def test_bad_base64(raw, text):
    answer = raw.call("Encrypt", {"KeyId": "alias/x", "Plaintext": text})
    judge("Encrypt", answer)
    assert (answer.status, answer.code) == (400, "SerializationException")


def test_types_come_before_constraints(raw):
    answer = raw.call("ListKeys", {"Limit": 0, "Marker": 1})
    assert answer.code == "SerializationException"


def test_null_is_absent(raw):
    answer = raw.call("ListKeys", {"Limit": None, "Marker": None, "ResourceOwners": None})
    assert answer.status == 200
    answer = raw.call("CreateAlias", {"AliasName": None, "TargetKeyId": None})
    assert Violations(null("aliasName"), null("targetKeyId")) == answer.message


def test_unknown_members_are_ignored_and_names_have_their_letter_case(raw):
    unknown = {"Unknown": {"deep": [1, None, {"x": "y"}]}, "limit": "x", "LIMIT": [], "": 0}
    assert raw.call("ListKeys", unknown).status == 200
    answer = raw.call("DescribeKey", {"keyId": "alias/x"})
    assert Violations(null("keyId")) == answer.message


@pytest.mark.parametrize(
    "content_type",
    ["application/x-amz-json-1.0", "application/json", "application/x-amz-json-1.1; charset=utf-8",
     "text/plain", None],
)  # fmt: skip
def test_the_content_type_is_taken_leniently(raw, content_type):
    answer = raw.call("ListKeys", {}, headers={"Content-Type": content_type})
    assert answer.status == 200


# --- Answers -------------------------------------------------------------------------------------


def test_the_headers_of_a_success(line):
    line.send(line.request("ListKeys"))
    answer = line.receive()
    judge("ListKeys", answer)
    headers = lower(answer.headers)
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["cache-control"] == "no-cache, no-store, must-revalidate, private"
    assert (headers["expires"], headers["pragma"]) == ("0", "no-cache")
    date = email.utils.parsedate_to_datetime(headers["date"]).timestamp()
    assert abs(date - time.time()) < 5


def test_an_empty_success_has_a_length_too(raw):
    key = raw.call("CreateKey").json["KeyMetadata"]["KeyId"]
    answer = raw.call("EnableKey", {"KeyId": key})
    assert (answer.status, answer.body) == (200, b"")
    assert lower(answer.headers)["content-length"] == "0"


def test_header_names_are_in_title_case(line):
    """libmongocrypt looks for `Content-Length` and knows no other spelling."""
    for operation in ("ListKeys", "NoSuchOperation"):
        line.send(line.request(operation))
        names = set(line.receive().headers)
        assert {"Content-Length", "Content-Type", "Date"} <= names
        assert not [name for name in names if name != "x-amzn-RequestId" and name != name.title()]


def test_each_answer_has_a_request_id_of_its_own(raw):
    ids = [lower(raw.call("ListKeys").headers)["x-amzn-requestid"] for _ in range(20)]
    ids += [lower(raw.call("No").headers)["x-amzn-requestid"] for _ in range(20)]
    assert len(set(ids)) == 40
    assert all(UUID.fullmatch(identifier) for identifier in ids)


def test_the_three_shapes_of_an_error(raw):
    modelled = raw.call("DescribeKey", {"KeyId": "foo"})
    assert modelled.json == {"__type": "NotFoundException", "message": "Invalid keyId 'foo'"}
    denied = raw.call("DescribeKey", {"KeyId": "arn:aws:kms:us-east-1:999988887777:alias/x"})
    assert set(denied.json) == {"__type", "Message"}
    assert denied.code == "AccessDeniedException"
    silent = raw.call("Decrypt", {"CiphertextBlob": "eA=="})
    assert silent.body == b'{"__type":"InvalidCiphertextException"}'
    assert {answer.status for answer in (modelled, denied, silent)} == {400}


def test_timestamps_are_numbers_of_seconds_with_milliseconds(raw):
    created = raw.call("CreateKey").json["KeyMetadata"]["CreationDate"]
    assert abs(created - time.time()) < 5
    assert round(created, 3) == created


def test_text_is_utf_8(raw):
    text = "ü 🔑 \u2028 \x00 \" \\ /"
    made = raw.call("CreateKey", {"Description": text})
    assert made.json["KeyMetadata"]["Description"] == text
    # Escaped or not, in either direction, it is the same text.
    body = json.dumps({"Description": text}, ensure_ascii=False).encode()
    assert raw.call("CreateKey", body).json["KeyMetadata"]["Description"] == text


# --- Sizes ---------------------------------------------------------------------------------------


def padded(size):
    """An object of exactly `size` bytes with an unknown member."""
    return b'{"Unknown":"' + b"x" * (size - 14) + b'"}'


def test_a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not(server):
    with server.raw() as raw:
        assert raw.call("ListKeys", padded(MIB)).status == 200
        answer = raw.call("ListKeys", padded(MIB + 1))
    assert answer.status == 413
    assert answer.code
    assert UUID.fullmatch(lower(answer.headers)["x-amzn-requestid"])


def test_a_body_that_is_announced_too_large_is_not_asked_for(line):
    line.send(
        line.request("ListKeys", b"", Content_Length="10000000000", Expect="100-continue")
    )
    assert line.receive().status == 413  # And no `100 Continue` before it.


def test_a_chunked_body_counts_too(line):
    line.send(line.request("ListKeys", b"", Content_Length=None, Transfer_Encoding="chunked"))
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(17):
            line.send(chunk)
        line.send(b"0\r\n\r\n")
    assert line.receive().status == 413


def test_a_chunked_body_is_read(line):
    line.send(line.request("ListKeys", b"", Content_Length=None, Transfer_Encoding="chunked"))
    for part in (b"1\r\n{\r\n", b"1\r\n}\r\n", b"0\r\n\r\n"):
        line.send(part)
    assert line.receive().status == 200


def test_headers_without_end_are_refused(line):
    line.send(line.request("ListKeys", X_Long="x" * 300_000)[:-2])
    assert line.receive().status in (400, 431)


# --- Connections ---------------------------------------------------------------------------------


def test_a_connection_is_kept(line):
    for number in range(50):
        line.send(line.request("ListKeys" if number % 2 else "NoSuchOperation"))
        assert line.receive().status == (200 if number % 2 else 400)


def test_a_connection_is_closed_when_asked(line):
    line.send(line.request("ListKeys", Connection="close"))
    answer = line.receive()
    assert answer.status == 200
    assert line.closed()


def test_two_requests_in_one_segment_are_answered_in_order(line):
    line.send(line.request("ListKeys") + line.request("DescribeKey", b'{"KeyId":"foo"}'))
    assert line.receive().status == 200
    assert line.receive().code == "NotFoundException"


def test_a_hundred_pipelined_requests_are_answered_in_order(line):
    line.send(
        b"".join(
            line.request("DescribeKey", json.dumps({"KeyId": f"key-{number}"}).encode())
            for number in range(100)
        )
    )
    for number in range(100):
        assert line.receive().message == f"Invalid keyId 'key-{number}'"


def test_headers_and_body_in_segments_of_their_own(line):
    head, body = line.request("DescribeKey", b'{"KeyId":"foo"}').split(b"\r\n\r\n")
    line.send(head + b"\r\n\r\n")
    time.sleep(0.05)
    line.send(body)
    assert line.receive().code == "NotFoundException"


def test_a_client_that_is_slow_and_does_not_stop_is_served(line):
    for byte in line.request("DescribeKey", b'{"KeyId":"foo"}'):
        line.send(bytes([byte]))
        time.sleep(0.002)
    assert line.receive().code == "NotFoundException"


@pytest.mark.parametrize("sent", ["half a head", "half a body"])
def test_a_client_that_stops_is_cut_off_and_nobody_waits_for_it(server, sent):
    with Line(server, timeout=40) as line, server.raw() as other:
        request = line.request("ListKeys", b'{"Limit":10}')
        line.send(request[:40] if sent == "half a head" else request[:-5])
        for _ in range(5):
            assert other.call("ListKeys").status == 200
        began = time.monotonic()
        with contextlib.suppress(AssertionError):
            assert line.receive().status == 408  # Said or not, the connection ends.
        assert line.closed()
        assert time.monotonic() - began < 35


def test_many_idle_connections_do_no_harm(server):
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(Line(server))
        with server.raw() as raw:
            assert raw.call("ListKeys").status == 200


def test_expect_100_continue_is_answered(line):
    line.send(line.request("ListKeys", b"", Content_Length="2", Expect="100-continue"))
    assert line.socket.recv(65536).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    line.send(b"{}")
    assert line.receive().status == 200


def test_a_client_that_puts_no_space_after_the_colon(line):
    """As libmongocrypt does."""
    request = line.request("ListKeys", Connection="close").replace(b": ", b":")
    line.send(request)
    assert line.receive().status == 200
    assert line.closed()


def test_a_target_sent_twice_names_nothing(line):
    twice = line.request("ListKeys").replace(
        b"\r\n\r\n", b"\r\nX-Amz-Target: TrentService.CreateKey\r\n\r\n", 1
    )
    line.send(twice)
    assert line.receive().json == {"__type": "UnknownOperationException"}


@pytest.mark.parametrize("second", ["3", "2, 3", "-1", "x"])
def test_two_lengths_are_refused(line, second):
    request = line.request("ListKeys").replace(
        b"\r\n\r\n", f"\r\nContent-Length: {second}\r\n\r\n".encode(), 1
    )
    line.send(request)
    assert line.receive().status == 400
    assert line.closed()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 405), ("PUT", "/", 405), ("DELETE", "/", 405), ("POST", "/other", 404)],
)
def test_other_methods_and_paths_are_refused_in_json(server, method, path, status):
    with httpx.Client(base_url=server.endpoint) as client:
        answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["__type"]
    assert UUID.fullmatch(answer.headers["x-amzn-requestid"])


def test_garbage_is_not_http(line):
    line.send(b"\x16\x03\x01 hello\r\n\r\n")
    with contextlib.suppress(AssertionError):
        assert line.receive().status == 400
    assert line.closed()


def test_the_region_is_the_scopes(raw):
    for region in ("eu-central-1", "ap-southeast-2"):
        arn = raw.call("CreateKey", region=region).json["KeyMetadata"]["Arn"]
        assert arn.startswith(f"arn:aws:kms:{region}:")


@pytest.mark.parametrize(
    ("access_key", "account"),
    [("111122223333", "111122223333"), ("AKIAIOSFODNN7EXAMPLE", "000000000000"), ("test", "000000000000")],
)  # fmt: skip
def test_in_dev_the_access_key_id_says_whose_root_is_calling(raw, access_key, account):
    arn = raw.call("CreateKey", account=access_key).json["KeyMetadata"]["Arn"]
    assert arn.startswith(f"arn:aws:kms:us-east-1:{account}:")


def test_health(server):
    with httpx.Client(base_url=server.endpoint) as client:
        for path in ("/healthz", "/readyz"):
            assert client.get(path).status_code == 200


# --- HTTP/2 and TLS ------------------------------------------------------------------------------


def h2_call(client, operation, body):
    headers = careless_headers(operation)
    del headers["Host"]
    answer = client.post("/", content=json.dumps(body), headers=headers)
    assert answer.http_version == "HTTP/2"
    return answer


def test_http_2_with_prior_knowledge(server):
    with httpx.Client(base_url=server.endpoint, http1=False, http2=True) as client:
        made = h2_call(client, "CreateKey", {})
        assert made.status_code == 200
        assert UUID.fullmatch(made.headers["x-amzn-requestid"])
        assert made.headers["content-type"] == "application/x-amz-json-1.1"
        key = made.json()["KeyMetadata"]["KeyId"]
        blob = h2_call(client, "Encrypt", {"KeyId": key, "Plaintext": "eA=="}).json()["CiphertextBlob"]
        assert h2_call(client, "Decrypt", {"CiphertextBlob": blob}).json()["Plaintext"] == "eA=="
        refused = h2_call(client, "DescribeKey", {"KeyId": "foo"})
        assert (refused.status_code, refused.json()["__type"]) == (400, "NotFoundException")
        assert h2_call(client, "ListKeys", {"Unknown": "x" * MIB}).status_code == 413


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls") / "data"
    with Server.dev(directory, "--tls-self-signed") as running:
        assert running.endpoint.startswith("https://")
        running.certificate = running.printed("certificate")
        assert running.certificate, running.stdout
        yield running


def test_tls_with_boto3(secure):
    kms = boto_client("kms", secure.endpoint, "111122223333", verify=secure.certificate)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def handshake(server, **options):
    context = ssl.create_default_context(cafile=server.certificate)
    for name, value in options.items():
        if callable(getattr(context, name)):
            getattr(context, name)(value)
        else:
            setattr(context, name, value)
    plain = socket.create_connection((server.host, server.port), 10)
    return context.wrap_socket(plain, server_hostname=server.host)


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)]
)
def test_alpn(secure, offered, chosen):
    options = {"set_alpn_protocols": offered} if offered else {}
    with handshake(secure, **options) as line:
        assert line.selected_alpn_protocol() == chosen
        assert line.version() == "TLSv1.3"


def test_old_versions_of_tls_are_refused(secure):
    with handshake(secure, maximum_version=ssl.TLSVersion.TLSv1_2) as line:
        assert line.version() == "TLSv1.2"
    with warnings.catch_warnings(), pytest.raises((ssl.SSLError, OSError)):
        warnings.simplefilter("ignore", DeprecationWarning)
        context = ssl.create_default_context(cafile=secure.certificate)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        plain = socket.create_connection((secure.host, secure.port), 10)
        context.wrap_socket(plain, server_hostname=secure.host)


def test_http_2_over_tls(secure):
    context = ssl.create_default_context(cafile=secure.certificate)
    with httpx.Client(base_url=secure.endpoint, http2=True, verify=context) as client:
        assert h2_call(client, "ListKeys", {}).status_code == 200


def test_plain_http_to_the_tls_port_harms_nobody(secure):
    with Line(secure) as line:
        line.send(line.request("ListKeys"))
        with contextlib.suppress(AssertionError, ValueError):
            assert line.receive().status == 400
    with handshake(secure) as line:
        assert line.version()


def test_blobs_are_standard_base64_with_padding(raw):
    for size in range(1, 5):
        answer = raw.call("GenerateRandom", {"NumberOfBytes": size})
        text = answer.json["Plaintext"]
        assert len(base64.b64decode(text, validate=True)) == size
        assert len(text) == 4 * -(-size // 3)
