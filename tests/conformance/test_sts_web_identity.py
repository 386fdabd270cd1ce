"""Roles for whom an identity provider vouches (authorization.md §7.3): AssumeRoleWithWebIdentity.

The tokens are signed here, with keys of every kind; the server has their public halves from its
seed, or fetches them over HTTPS from a provider that runs beside it.
"""

import base64
import contextlib
import datetime
import http.server
import ipaddress
import json
import ssl
import subprocess
import threading
import time

import boto3
import botocore
import botocore.config
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.x509.oid import NameOID
from support import REGION, Server, journal, tool

HERE = "111122223333"
ISSUER = "https://issuer.example/cluster"
PROVIDER = f"arn:aws:iam::{HERE}:oidc-provider/issuer.example/cluster"
AUDIENCE = "sts.amazonaws.com"
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
RSA_KEY = rsa.generate_private_key(65537, 2048)
P256_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return text(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def jwk(key, identifier):
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "kid": identifier, "n": number(numbers.n), "e": number(numbers.e)}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "kid": identifier,
                "x": number(numbers.x, 32), "y": number(numbers.y, 32)}  # fmt: skip
    return {"kty": "OKP", "crv": "Ed25519", "kid": identifier, "x": text(key.public_key().public_bytes_raw())}


def sign(key, algorithm, message):
    if algorithm.startswith("RS"):
        return key.sign(message, padding.PKCS1v15(), HASHES[algorithm[2:]])
    if algorithm.startswith("PS"):
        digest = HASHES[algorithm[2:]]
        return key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    if algorithm == "ES256":
        r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return key.sign(message)


def token(key=RSA_KEY, algorithm="RS256", identifier="rsa", issuer=ISSUER, **claims):
    now = int(time.time())
    claims = {"iss": issuer, "sub": "system:serviceaccount:prod:app", "aud": AUDIENCE,
              "iat": now, "exp": now + 600} | claims  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": algorithm, "kid": identifier, "typ": "JWT"}
    message = ".".join(text(json.dumps(part).encode()) for part in (header, claims))
    signature = sign(key, algorithm, message.encode()) if key else b""
    return f"{message}.{text(signature)}"


def trusting(provider, *more, **condition):
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithWebIdentity", *more],
    }
    if condition:
        statement["Condition"] = condition
    return {"trust": {"Version": "2012-10-17", "Statement": [statement]}}


def seed(provider=PROVIDER, issuer=ISSUER, **keys):
    name = issuer.removeprefix("https://")
    subject = {f"{name}:sub": "system:serviceaccount:prod:app", f"{name}:aud": AUDIENCE}
    return {
        "accounts": {
            HERE: {
                "roles": {
                    "App": trusting(provider, StringEquals=subject),
                    "Tagged": trusting(provider, "sts:TagSession", "sts:SetSourceIdentity"),
                    "Other": trusting(f"arn:aws:iam::{HERE}:oidc-provider/other.example"),
                },
                "oidc_providers": [{"url": issuer, "client_ids": [AUDIENCE, "another"], **keys}],
            }
        }
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("web-identity")
    keys = [jwk(RSA_KEY, "rsa"), jwk(P256_KEY, "ec"), jwk(ED_KEY, "ed")]
    (directory / "jwks.json").write_text(json.dumps({"keys": keys}))
    (directory / "seed.yaml").write_text(json.dumps(seed(jwks_file="jwks.json")))
    with Server.dev(directory / "data", "--enforce", "--seed", directory / "seed.yaml") as server:
        yield server


def assume(server, given, role="App", **parameters):
    client = boto3.session.Session().client(
        "sts", endpoint_url=server.endpoint, region_name=REGION,
        config=botocore.config.Config(
            signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1},
            parameter_validation=False,
        ),
    )  # fmt: skip
    return client.assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{HERE}:role/{role}", RoleSessionName="s1", WebIdentityToken=given, **parameters
    )


@contextlib.contextmanager
def refused(code, message=None, status=400):
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), answer
    if message:
        assert answer["Error"]["Message"] == message


def who(server, made):
    credentials = made["Credentials"]
    client = boto3.client(
        "sts", endpoint_url=server.endpoint, region_name=REGION,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )  # fmt: skip
    return client.get_caller_identity()["Arn"]


def test_whom_a_provider_vouches_for_gets_the_role(running):
    made = assume(running, token())
    assert made["SubjectFromWebIdentityToken"] == "system:serviceaccount:prod:app"
    assert (made["Audience"], made["Provider"]) == (AUDIENCE, ISSUER)
    assert who(running, made) == f"arn:aws:sts::{HERE}:assumed-role/App/s1"


@pytest.mark.parametrize(
    ("key", "algorithm", "identifier"),
    [(RSA_KEY, name, "rsa") for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")]
    + [(P256_KEY, "ES256", "ec"), (ED_KEY, "EdDSA", "ed")],
)
def test_every_algorithm(running, key, algorithm, identifier):
    assert assume(running, token(key, algorithm, identifier))["Credentials"]


def test_what_is_not_the_providers_word_is_refused(running):
    invalid = "Token signature invalid"
    other = rsa.generate_private_key(65537, 2048)
    with refused("InvalidIdentityToken", invalid):
        assume(running, token(other))
    good = token()
    header, claims, signature = good.split(".")
    forged = token(sub="somebody else").split(".")[1]
    for text_ in (f"{header}.{forged}.{signature}", token(None, "none", "rsa"), token(None, "HS256", "rsa")):
        with refused("InvalidIdentityToken", invalid):
            assume(running, text_)
    no_key = (
        "Couldn't retrieve verification key from your identity provider,  please reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )
    with refused("InvalidIdentityToken", no_key):
        assume(running, token(identifier="unknown"))
    no_jwt = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    for text_ in ("a-token", "a.b.c", f"{header}.{claims}", token(sub=None), token(exp=None)):
        with refused("InvalidIdentityToken", no_jwt):
            assume(running, text_)


def test_issuer_audience_and_dates_have_to_be_right(running):
    missing = f"No OpenIDConnect provider found in your account for {ISSUER}/other"
    with refused("InvalidIdentityToken", missing):
        assume(running, token(issuer=ISSUER + "/other"))
    with refused("InvalidIdentityToken", "Incorrect token audience"):
        assume(running, token(aud="somebody else"))
    with refused("ExpiredTokenException"):
        assume(running, token(exp=int(time.time()) - 1))
    with refused("InvalidIdentityToken", "Token not yet valid"):
        assume(running, token(nbf=int(time.time()) + 3600))


def test_the_trust_policy_has_the_last_word(running):
    forbidden = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    for role, claims in (("App", {"sub": "somebody else"}), ("App", {"aud": "another"}), ("Other", {}), ("Nobody", {})):
        with refused("AccessDenied", forbidden, 403):
            assume(running, token(**claims), role)
    assert assume(running, token(sub="somebody else"), "Tagged")


def test_a_token_can_bring_tags_and_a_source_identity(running):
    claims = {
        "https://aws.amazon.com/tags": {
            "principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"],
        },
        "https://aws.amazon.com/source_identity": "alice",
    }  # fmt: skip
    made = assume(running, token(**claims), "Tagged")
    assert made["SourceIdentity"] == "alice" and made["PackedPolicySize"] >= 1
    with refused("AccessDenied", "Not authorized to perform sts:TagSession", 403):
        assume(running, token(**claims))


def test_constraints_repeat_no_token(running):
    with refused(
        "ValidationError",
        "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: "
        "Member must have length less than or equal to 20000",
    ):
        assume(running, "x" * 20001)


def test_the_default_chain_with_a_token_file(running, tmp_path):
    (tmp_path / "token").write_text(token())
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ROLE_ARN": f"arn:aws:iam::{HERE}:role/App",
        "AWS_ROLE_SESSION_NAME": "pod",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
    }
    ran = subprocess.run(
        [tool("aws"), "sts", "get-caller-identity", "--output", "json"],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["Arn"] == f"arn:aws:sts::{HERE}:assumed-role/App/pod"


def test_what_strangers_send_is_not_recorded_and_what_is_decided_is(running):
    # Whatever the tests before sent is in the journal by now.
    assume(running, token())
    lines = [json.loads(line) for line in journal(running.data_dir)]
    events = [line for line in lines if line.get("eventName") == "AssumeRoleWithWebIdentity"]
    assert events
    for event in events:
        identity = event["userIdentity"]
        assert identity["type"] == "WebIdentityUser"
        assert identity["identityProvider"] == PROVIDER
        assert event["recipientAccountId"] == HERE
        assert event.get("errorCode") in (None, "AccessDenied"), event
        assert "webIdentityToken" not in event["requestParameters"]
    assert "eyJ" not in json.dumps(lines)


# --- A provider that is asked over HTTPS -----------------------------------------------------


def certificate(directory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a provider")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (directory / "provider.pem").write_bytes(pem)
    (directory / "provider.key").write_bytes(secret)
    return directory / "provider.pem", directory / "provider.key"


@pytest.fixture
def provider(tmp_path):
    """A provider of OpenID Connect with a configuration document; what it serves can be changed."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            site.asked.append(self.path)
            found = site.documents.get(self.path)
            self.send_response(200 if found is not None else 500)
            body = json.dumps(found).encode() if found is not None else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.asked = []
    chain, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    site.issuer = f"https://127.0.0.1:{site.server_port}"
    site.bundle = chain
    site.documents = {
        "/.well-known/openid-configuration": {"issuer": site.issuer, "jwks_uri": f"{site.issuer}/keys"},
        "/keys": {"keys": [jwk(RSA_KEY, "rsa")]},
    }
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    yield site
    site.shutdown()
    thread.join()


@contextlib.contextmanager
def beside(provider, directory, trusted=True, **keys):
    arn = f"arn:aws:iam::{HERE}:oidc-provider/{provider.issuer.removeprefix('https://')}"
    (directory / "seed.yaml").write_text(json.dumps(seed(arn, provider.issuer, **keys)))
    environment = {"SSL_CERT_FILE": str(provider.bundle)} if trusted else {}
    with Server.dev(
        directory / "data", "--enforce", "--seed", directory / "seed.yaml", environment=environment
    ) as server:
        yield server


def test_keys_are_found_by_the_providers_configuration_and_kept(provider, tmp_path):
    with beside(provider, tmp_path) as server:
        for _ in range(5):
            assert assume(server, token(issuer=provider.issuer))
        assert provider.asked == ["/.well-known/openid-configuration", "/keys"]
        # A key that is not known is asked for again, but not at every stranger's wish.
        provider.documents["/keys"] = {"keys": [jwk(RSA_KEY, "rsa"), jwk(P256_KEY, "new")]}
        for _ in range(5):
            with refused("InvalidIdentityToken"):
                assume(server, token(P256_KEY, "ES256", "new", provider.issuer))
        assert len(provider.asked) == 2


def test_keys_at_an_address_of_their_own(provider, tmp_path):
    with beside(provider, tmp_path, jwks_url=f"{provider.issuer}/keys") as server:
        assert assume(server, token(issuer=provider.issuer))
        assert provider.asked == ["/keys"]


def test_a_provider_that_cannot_be_asked(provider, tmp_path):
    provider.documents["/.well-known/openid-configuration"]["issuer"] = "https://somebody.example"
    with beside(provider, tmp_path) as server:
        with refused("IDPCommunicationError"):
            assume(server, token(issuer=provider.issuer))


def test_a_provider_whose_certificate_nobody_trusts(provider, tmp_path):
    with beside(provider, tmp_path, trusted=False) as server:
        with refused("IDPCommunicationError"):
            assume(server, token(issuer=provider.issuer))
        assert provider.asked == []


# --- Plain `dev` -----------------------------------------------------------------------------


def test_in_the_open_tokens_are_taken_at_their_word(server):
    made = assume(server, token(None, "none", "rsa", exp=1), "Undeclared")
    assert who(server, made) == f"arn:aws:sts::{HERE}:assumed-role/Undeclared/s1"
    with refused("InvalidIdentityToken"):
        assume(server, "no token at all", "Undeclared")
