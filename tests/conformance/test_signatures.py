"""Signature Version 4 as the door checks it, and GetCallerIdentity (authorization.md §1.5, §7.3).

The requests are signed by boto3 where it can do what is asked, and by `sigv4` where something is
to be wrong. Both agree with each other: the first test says so.
"""

import datetime
import http.client
import re
import xml.etree.ElementTree

import pytest
import sigv4
from support import Answer, Server, boto_client, judge, refused

ROOT = "arn:aws:iam::111122223333:root"
KEY, SECRET = "AKIAROOT111122223333", "root-secret-for-tests-only-0000000000000"
INACTIVE = "AKIAOLD0111122223333"
SEED = f"""
accounts:
  "111122223333":
    root:
      access_keys:
        - {{ id: {KEY}, secret: {SECRET} }}
        - {{ id: {INACTIVE}, secret: {SECRET}, status: Inactive }}
"""
TARGET = "TrentService.ListKeys"


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory):
    directory = tmp_path_factory.mktemp("enforcing")
    (directory / "seed.yaml").write_text(SEED)
    with Server.dev(directory / "data", "--enforce", "--seed", directory / "seed.yaml") as running:
        yield running


def post(server, headers, body=b"{}", path="/"):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()
    return answer


def headers(server, **more):
    plain = {
        "Host": f"{server.host}:{server.port}",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": TARGET,
    }
    return plain | {name.replace("_", "-"): value for name, value in more.items()}


def signed(server, body=b"{}", access_key=KEY, secret=SECRET, more=None, **options):
    return sigv4.sign(headers(server, **(more or {})), body, access_key, secret, **options)


def refusal(server, sent, code, message, body=b"{}"):
    answer = post(server, sent, body)
    judge("ListKeys", answer)
    assert (answer.status, answer.code) == (400, code), answer.body
    if isinstance(message, re.Pattern):
        assert message.fullmatch(answer.message or ""), answer.message
    else:
        assert answer.message == message
    names = {name.lower(): value for name, value in answer.headers.items()}
    assert names["x-amzn-errortype"] == code
    return answer


def test_what_is_rightly_signed_comes_in(enforcing):
    assert post(enforcing, signed(enforcing)).status == 200
    kms = boto_client("kms", enforcing.endpoint, KEY, secret=SECRET)
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    assert arn.startswith("arn:aws:kms:us-east-1:111122223333:key/")


def test_all_headers_that_clients_sign(enforcing):
    more = {
        "amz-sdk-invocation-id": "6a2cb9c0-0000-4000-8000-000000000000",
        "amz-sdk-request": "attempt=1; max=3",
        "x-amz-user-agent": "aws-sdk-js/3   with   runs of   spaces ",
        "X-Amz-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "Accept-Encoding": "identity",
        "Content-Length": "2",
    }
    assert post(enforcing, signed(enforcing, more=more)).status == 200


def test_headers_that_are_not_signed_do_not_matter(enforcing):
    sent = signed(enforcing) | {"User-Agent": "x", "X-Forwarded-For": "192.0.2.1", "amz-sdk-request": "attempt=1"}
    assert post(enforcing, sent).status == 200


def test_no_signature_at_all(enforcing):
    refusal(enforcing, headers(enforcing), "MissingAuthenticationTokenException", "Missing Authentication Token")


INVALID = "The security token included in the request is invalid."
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)


def test_an_access_key_that_is_unknown_or_inactive(enforcing):
    for access_key in ("AKIAUNKNOWN000000000", INACTIVE, "111122223333"):
        sent = signed(enforcing, access_key=access_key)
        refusal(enforcing, sent, "UnrecognizedClientException", INVALID)
    kms = boto_client("kms", enforcing.endpoint, "AKIAUNKNOWN000000000", secret=SECRET)
    with refused("UnrecognizedClientException", INVALID):
        kms.list_keys()


def test_a_session_token_that_is_not_ours(enforcing):
    kms = boto_client("kms", enforcing.endpoint, KEY, secret=SECRET, token="FwoGZXIvEXAMPLETOKEN+/=")
    with refused("UnrecognizedClientException", INVALID):
        kms.list_keys()


def test_a_wrong_secret(enforcing):
    refusal(enforcing, signed(enforcing, secret="wrong"), "InvalidSignatureException", MISMATCH)
    kms = boto_client("kms", enforcing.endpoint, KEY, secret="wrong")
    with refused("InvalidSignatureException", MISMATCH):
        kms.list_keys()


def test_everything_that_was_signed_may_not_change(enforcing):
    right = signed(enforcing)
    for change in (
        {"X-Amz-Target": "TrentService.ListAliases"},
        {"Content-Type": "application/json"},
        {"Host": "elsewhere.example"},
        {"Authorization": right["Authorization"][:-1] + ("0" if right["Authorization"][-1] != "0" else "1")},
        {"Authorization": right["Authorization"][:-1]},
    ):
        refusal(enforcing, right | change, "InvalidSignatureException", MISMATCH)
    refusal(enforcing, right, "InvalidSignatureException", MISMATCH, body=b"{ }")
    answer = post(enforcing, right, path="/?a=b")
    assert (answer.status, answer.code) == (400, "InvalidSignatureException")


@pytest.mark.parametrize("shift", [-290, 290])
def test_five_minutes_of_skew_are_borne(enforcing, shift):
    assert post(enforcing, signed(enforcing, when=sigv4.timestamp(shift))).status == 200


@pytest.mark.parametrize("shift", [-310, -3600, -86400 * 400])
def test_a_request_from_the_past(enforcing, shift):
    when = sigv4.timestamp(shift)
    expected = re.compile(
        rf"Signature expired: {when} is now earlier than (\d{{8}}T\d{{6}}Z) "
        rf"\((\d{{8}}T\d{{6}}Z) - 5 min\.\)"
    )
    answer = refusal(enforcing, signed(enforcing, when=when), "InvalidSignatureException", expected)
    least, now = map(_moment, expected.fullmatch(answer.message).groups())
    assert now - least == datetime.timedelta(minutes=5)


@pytest.mark.parametrize("shift", [310, 3600])
def test_a_request_from_the_future(enforcing, shift):
    when = sigv4.timestamp(shift)
    expected = re.compile(
        rf"Signature not yet current: {when} is still later than (\d{{8}}T\d{{6}}Z) "
        rf"\((\d{{8}}T\d{{6}}Z) \+ 5 min\.\)"
    )
    answer = refusal(enforcing, signed(enforcing, when=when), "InvalidSignatureException", expected)
    most, now = map(_moment, expected.fullmatch(answer.message).groups())
    assert most - now == datetime.timedelta(minutes=5)


def _moment(text):
    return datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ")


def test_a_wrong_scope(enforcing):
    when = sigv4.timestamp()
    day = when[:8]
    for scope, message in (
        (f"{day}/us-east-1/s3/aws4_request", "Credential should be scoped to correct service: 'kms'. "),
        (f"{day}/Nowhere!/kms/aws4_request", "Credential should be scoped to a valid region. "),
        (f"{day}/us-east-1/kms/aws5_request",
         "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'"),
        ("20200101/us-east-1/kms/aws4_request",
         "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
         f"HTTP: '20200101' != '{day}', from '{when}'."),
    ):  # fmt: skip
        sent = signed(enforcing, when=when, scope=scope)
        answer = refusal(enforcing, sent, "InvalidSignatureException", re.compile(".*"))
        assert answer.message.strip() == message.strip()


def test_faults_of_the_scope_are_told_together(enforcing):
    sent = signed(enforcing, scope="20200101/us-east-1/s3/aws5_request")
    answer = refusal(enforcing, sent, "InvalidSignatureException", re.compile(".*"))
    for part in ("correct service: 'kms'", "valid terminator", "Date in Credential scope"):
        assert part in answer.message


def test_a_credential_that_has_not_five_parts(enforcing):
    for scope in ("20260101/us-east-1/kms", "20260101/us-east-1/kms/aws4_request/more"):
        sent = signed(enforcing, scope=scope)
        refusal(
            enforcing, sent, "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{KEY}/{scope}'",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        ("host", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
        ("x-amz-target", "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."),
    ],
)
def test_a_header_that_has_to_be_signed(enforcing, left_out, message):
    names = {"host", "content-type", "x-amz-target", "x-amz-date"} - {left_out}
    refusal(enforcing, signed(enforcing, signed=names), "InvalidSignatureException", message)


def test_an_algorithm_that_is_none(enforcing):
    for algorithm in ("AWS4-HMAC-SHA512", "AWS4-ECDSA-P256-SHA256", "Basic"):
        sent = signed(enforcing)
        sent["Authorization"] = sent["Authorization"].replace("AWS4-HMAC-SHA256", algorithm, 1)
        refusal(
            enforcing, sent, "IncompleteSignatureException",
            f"Unsupported AWS 'algorithm': '{algorithm}'.",
        )  # fmt: skip


def test_parts_of_the_authorization_that_are_missing(enforcing):
    whole = signed(enforcing)
    for gone, names in (
        (r"Credential=[^,]*, ", ["Credential"]),
        (r", Signature=.*", ["Signature"]),
        (r"SignedHeaders=[^,]*, ", ["SignedHeaders"]),
        (r"SignedHeaders=[^,]*, Signature=.*", ["Signature", "SignedHeaders"]),
    ):
        sent = whole | {"Authorization": re.sub(gone, "", whole["Authorization"]).rstrip(", ")}
        answer = refusal(enforcing, sent, "IncompleteSignatureException", re.compile(".*", re.S))
        for name in ("Credential", "Signature", "SignedHeaders"):
            sentence = f"Authorization header requires '{name}' parameter."
            assert (sentence in answer.message) == (name in names), answer.message
        assert SECRET not in answer.message
    undated = {name: value for name, value in whole.items() if name != "X-Amz-Date"}
    answer = refusal(enforcing, undated, "IncompleteSignatureException", re.compile(".*", re.S))
    assert (
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        in answer.message
    )


def test_a_part_of_the_authorization_that_is_no_pair(enforcing):
    sent = signed(enforcing)
    sent["Authorization"] = sent["Authorization"].replace("SignedHeaders=", "SignedHeaders ")
    answer = refusal(enforcing, sent, "IncompleteSignatureException", re.compile(".*", re.S))
    assert "not a valid key=value pair (missing equal-sign) in Authorization header" in answer.message


def test_a_date_that_is_none(enforcing):
    sent = signed(enforcing) | {"X-Amz-Date": "yesterday"}
    refusal(
        enforcing, sent, "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got 'yesterday'. "
        "See http://en.wikipedia.org/wiki/ISO_8601",
    )  # fmt: skip


def test_the_signature_comes_before_target_body_and_constraints(enforcing):
    for target, body in (("TrentService.Nothing", b"{}"), (TARGET, b"{"), (TARGET, b'{"Limit":0}')):
        sent = signed(enforcing, body=body, secret="wrong", more={"X-Amz-Target": target})
        refusal(enforcing, sent, "InvalidSignatureException", MISMATCH, body=body)
        sent = signed(enforcing, body=body, more={"X-Amz-Target": target})
        answer = post(enforcing, sent, body)
        assert answer.code in (
            "UnknownOperationException", "SerializationException", "ValidationException",
        )  # fmt: skip


def test_a_body_that_is_said_to_be_unsigned(enforcing):
    for claim in ("UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0" * 64):
        sent = signed(enforcing, more={"X-Amz-Content-Sha256": claim})
        answer = post(enforcing, sent)
        assert (answer.status, answer.code) == (400, "InvalidSignatureException")


def test_header_and_query_both_signed(enforcing):
    path = sigv4.presign(f"{enforcing.host}:{enforcing.port}", {}, KEY, SECRET, service="kms")
    answer = post(enforcing, signed(enforcing), path=path)
    assert (answer.status, answer.code) == (400, "InvalidSignatureException")
    assert not answer.message


def test_a_presigned_request_is_for_sts_only(enforcing):
    host = f"{enforcing.host}:{enforcing.port}"
    path = sigv4.presign(host, {}, KEY, SECRET, service="kms", method="POST", body=b"{}")
    answer = post(enforcing, headers(enforcing), path=path)
    assert answer.status == 400
    assert answer.code in ("InvalidSignatureException", "MissingAuthenticationTokenException", "IncompleteSignatureException")


# --- STS -----------------------------------------------------------------------------------------


def sts(server, **options):
    return boto_client("sts", server.endpoint, **options)


def test_get_caller_identity_with_boto3(enforcing, server):
    for who, client in (
        (ROOT, sts(enforcing, access_key=KEY, secret=SECRET)),
        ("arn:aws:iam::444455556666:root", sts(server, access_key="444455556666")),
        ("arn:aws:iam::000000000000:root", sts(server, access_key="test")),
    ):
        answer = client.get_caller_identity()
        account = who.split(":")[4]
        assert (answer["Arn"], answer["Account"], answer["UserId"]) == (who, account, account)
        assert answer["ResponseMetadata"]["RequestId"]


def get(server, path):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


IDENTITY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
XMLNS = "{https://sts.amazonaws.com/doc/2011-06-15/}"


def text(answer, name):
    found = xml.etree.ElementTree.fromstring(answer.body).iter(XMLNS + name)
    return next(found).text


def test_get_caller_identity_presigned(enforcing):
    """Other systems take this for a proof of identity (EKS, Vault)."""
    host = f"{enforcing.host}:{enforcing.port}"
    answer = get(enforcing, sigv4.presign(host, IDENTITY, KEY, SECRET))
    assert answer.status == 200, answer.body
    assert text(answer, "Arn") == ROOT
    url = sts(enforcing, access_key=KEY, secret=SECRET).generate_presigned_url(
        "get_caller_identity", ExpiresIn=60, HttpMethod="GET"
    )
    answer = get(enforcing, url.removeprefix(enforcing.endpoint))
    assert (answer.status, text(answer, "Account")) == (200, "111122223333")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"secret": "wrong"}, 403, "SignatureDoesNotMatch"),
        ({"access_key": "AKIAUNKNOWN000000000"}, 403, "InvalidClientTokenId"),
        ({"when": sigv4.timestamp(-3600)}, 403, "SignatureDoesNotMatch"),
        ({"service": "s3"}, 403, "SignatureDoesNotMatch"),
        ({"token": "not-ours"}, 403, "InvalidClientTokenId"),
    ],
)
def test_a_presigned_request_that_is_wrong(enforcing, change, status, code):
    host = f"{enforcing.host}:{enforcing.port}"
    options = {"access_key": KEY, "secret": SECRET} | change
    answer = get(enforcing, sigv4.presign(host, IDENTITY, **options))
    assert (answer.status, text(answer, "Code")) == (status, code), answer.body


def test_an_action_that_sts_does_not_have_here(enforcing):
    client = sts(enforcing, access_key=KEY, secret=SECRET)
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.get_federation_token(Name="somebody")
    assert caught.value.response["Error"]["Code"] == "InvalidAction"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
