"""Custom key stores in tests: a proxy and tokens outside, and a server that reaches them.

The names of endpoints say what is the matter with them. All of them lead to loopback addresses,
as the settings of the server say.
"""

import datetime
import ipaddress
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imports import origin
from support import Server, refused
from xks_proxy import CREDENTIALS

ENDPOINT = "https://xks.example.com"  # All is well, and there is much time.
PATIENCE = "https://patience.example.com"  # The patience of KMS, 250 ms.
VPC = "https://vpc.example.com"
MUTUAL = "https://mutual.example.com"  # The proxy asks for a certificate, and gets it.
NO_IDENTITY = "https://no-identity.example.com"  # … and gets none.
OTHER_NAME = "https://other-name.example.com"  # The certificate is another one's.
UNTRUSTED = "https://untrusted.example.com"  # Nobody vouches for the certificate.
CLOSED = "https://closed.example.com"  # Nobody listens.
UNDECLARED = "https://localhost"  # The settings do not speak of it.

PATH = "/kms/xks/v1"
VPC_SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
OTHER_VPC_SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef1"

[(ACCESS_KEY, SECRET), (OTHER_ACCESS_KEY, OTHER_SECRET)] = CREDENTIALS.items()
CREDENTIAL = {"AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": SECRET}
OTHER_CREDENTIAL = {"AccessKeyId": OTHER_ACCESS_KEY, "RawSecretAccessKey": OTHER_SECRET}
WRONG_CREDENTIAL = {"AccessKeyId": ACCESS_KEY, "RawSecretAccessKey": OTHER_SECRET}

CLUSTER = "cluster-1a23b4cdefg".replace("1", "2")
RELATED = "cluster-2a23b4cdefh"  # Shares the backup history of CLUSTER, and its token.
STRANGE = "cluster-2a23b4cdefk"  # Another token.
NO_TOKEN = "cluster-2a23b4cdefn"  # Its module has no such token.
NO_MODULE = "cluster-2a23b4cdefm"  # Its module is not there.
UNKNOWN_CLUSTER = "cluster-2a23b4cdefz"
PIN = "1234567"
UNKNOWN_STORE = "cks-1234567890abcdef0"


def no_store(store):
    return f"Custom key store {store} does not exist."


def in_state(store, state):
    return f"Custom key store {store} is {state} which is not valid for this operation."


def external(name=None, **changes):
    """Parameters of CreateCustomKeyStore for an external key store."""
    parameters = {
        "CustomKeyStoreName": name or fresh_name(),
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
        "XksProxyUriEndpoint": ENDPOINT,
        "XksProxyUriPath": PATH,
        "XksProxyAuthenticationCredential": CREDENTIAL,
        "XksProxyConnectivity": "PUBLIC_ENDPOINT",
    } | changes
    return {name: value for name, value in parameters.items() if value is not None}


def fresh_name():
    return f"store {uuid.uuid4().hex[:12]}"


def describe(kms, store):
    [entry] = kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"]
    return entry


def settled(kms, store, seconds=20):
    """The store once it is no longer being connected."""
    end = time.monotonic() + seconds
    while (entry := describe(kms, store))["ConnectionState"] == "CONNECTING":
        assert time.monotonic() < end, "the store is still being connected"
        time.sleep(0.02)
    return entry


def connect(kms, store):
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    entry = settled(kms, store)
    assert entry["ConnectionState"] == "CONNECTED", entry
    return entry


def disconnect(kms, store, seconds=20):
    """Disconnects the store, and waits until it is."""
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    end = time.monotonic() + seconds
    while (state := describe(kms, store)["ConnectionState"]) == "DISCONNECTING":
        assert time.monotonic() < end, "the store is still being disconnected"
        time.sleep(0.02)
    assert state == "DISCONNECTED"


def external_store(kms, **changes):
    """A connected external key store."""
    store = kms.create_custom_key_store(**external(**changes))["CustomKeyStoreId"]
    connect(kms, store)
    return store


def external_key(kms, store, xks_key="key-1", **parameters):
    return kms.key(
        Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId=xks_key, **parameters
    )


class Proxy:
    """The process of `xks_proxy.py`."""

    def __init__(self, folder, certificate, client_ca):
        here = pathlib.Path(__file__).parent
        self.process = subprocess.Popen(
            [
                sys.executable, here / "xks_proxy.py", "--certificate", certificate.chain,
                "--key", certificate.key, "--client-ca", client_ca.chain,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(here)},
        )  # fmt: skip
        self.ports = json.loads(self.process.stdout.readline())
        self._control = f"http://127.0.0.1:{self.ports['control']}/"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)

    def misbehave(self, **rules):
        body = json.dumps(rules).encode()
        with urllib.request.urlopen(self._control, body, timeout=10):
            pass

    def behave(self):
        self.misbehave()
        self._told()

    def _told(self):
        with urllib.request.urlopen(self._control, timeout=10) as answer:
            return json.load(answer)

    def requests(self):
        return self._told()["requests"]

    def connections(self):
        return self._told()["connections"]


class Certificate:
    """A certificate and its key, in files."""

    def __init__(self, folder, name, names=(), issuer=None):
        self.key_of = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(self.key_of.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=not issuer, path_length=None), True)
        )
        if names:
            names = [
                x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit()
                else x509.DNSName(name)
                for name in names
            ]  # fmt: skip
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        signer = issuer.key_of if issuer else self.key_of
        self.certificate = builder.sign(signer, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.chain, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        self.chain.write_text(self.pem)
        self.key.write_bytes(
            self.key_of.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Outside:
    """Proxy, tokens, settings and server together."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        self.arguments = arguments
        self.ca = Certificate(folder, "ca")
        self.other_ca = Certificate(folder, "other-ca")
        hosts = [
            endpoint.removeprefix("https://")
            for endpoint in (ENDPOINT, PATIENCE, VPC, MUTUAL, NO_IDENTITY, UNTRUSTED, CLOSED)
        ]
        certificate = self.proxy_certificate = Certificate(folder, "proxy", hosts, self.ca)
        client = Certificate(folder, "cks.kms.us-east-1.amazonaws.com", issuer=self.ca)
        self.anchor = Certificate(folder, "anchor").pem
        self.proxy = Proxy(folder, certificate, self.ca)
        self.environment = self._tokens()
        self.settings = folder / "key-stores.toml"
        self.settings.write_text(self._settings(client))
        self.server = self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.proxy.stop()

    def start(self, name="data", *arguments):
        settings = ("--key-stores", self.settings, *self.arguments, *arguments)
        return Server.dev(self.folder / name, *settings, environment=self.environment)

    def _settings(self, client):
        plain, mutual = self.proxy.ports["plain"], self.proxy.ports["mutual"]
        tables = []

        def table(kind, **members):
            lines = [f"{name} = {json.dumps(value)}" for name, value in members.items()]
            tables.append("\n".join([f"[[{kind}]]", *lines, ""]))

        def proxy(endpoint, port=plain, ca=self.ca.chain, timeout_ms=10_000, **members):
            table(
                "external_key_store", endpoint=endpoint, address=f"127.0.0.1:{port}", ca=str(ca),
                timeout_ms=timeout_ms, **members,
            )  # fmt: skip

        proxy(ENDPOINT)
        proxy(PATIENCE, timeout_ms=250)
        proxy(VPC, vpc_endpoint_service=VPC_SERVICE)
        identity = {"client_certificate": str(client.chain), "client_key": str(client.key)}
        proxy(MUTUAL, port=mutual, **identity)
        proxy(NO_IDENTITY, port=mutual)
        proxy(OTHER_NAME)
        proxy(UNTRUSTED, ca=self.other_ca.chain)
        proxy(CLOSED, port=closed_port())

        def cluster(name, token="main", module=SOFTHSM, **members):
            table(
                "hsm_cluster", id=name, module=module, token=token,
                trust_anchor=str(self.folder / "anchor.pem"), sessions=2, **members,
            )  # fmt: skip

        cluster(CLUSTER, backup_history="main")
        cluster(RELATED, backup_history="main")
        cluster(STRANGE, token="strange")
        cluster(NO_TOKEN, token="none")
        cluster(NO_MODULE, module=str(self.folder / "none.so"))
        return "\n".join(tables)

    def _tokens(self):
        """Two SoftHSM tokens, and the environment in which they are found."""
        assert shutil.which("softhsm2-util"), "SoftHSM is missing: apt-get install softhsm2"
        tokens = self.folder / "tokens"
        tokens.mkdir()
        settings = self.folder / "softhsm2.conf"
        settings.write_text(
            f"directories.tokendir = {tokens}\nobjectstore.backend = file\n"
            "log.level = ERROR\nslots.removable = false\n"
        )
        environment = {"SOFTHSM2_CONF": str(settings)}
        for label in ("main", "strange"):
            subprocess.run(
                ["softhsm2-util", "--init-token", "--free", "--label", label,
                 "--so-pin", "so-" + PIN, "--pin", PIN],
                check=True, capture_output=True, env={**os.environ, **environment},
            )  # fmt: skip
        return environment


SOFTHSM = next(
    (
        str(path)
        for folder in ("/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/lib/pkcs11")
        if (path := pathlib.Path(folder) / "libsofthsm2.so").exists()
    ),
    "/usr/lib/softhsm/libsofthsm2.so",
)


def neither_rotates_nor_imports(kms, key):
    """Material in a custom key store is not KMS's to replace, nor its owner's to bring."""
    for call, parameters in (
        (kms.enable_key_rotation, {}),
        (kms.disable_key_rotation, {}),
        (kms.get_key_rotation_status, {}),
        (kms.rotate_key_on_demand, {}),
        (
            kms.get_parameters_for_import,
            {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"},
        ),
        (
            kms.import_key_material,
            {
                "ImportToken": b"x",
                "EncryptedKeyMaterial": b"x",
                "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
            },
        ),
        (kms.delete_imported_key_material, {}),
    ):
        with refused(*origin(key.arn, key.metadata["Origin"])):
            call(KeyId=key.id, **parameters)
