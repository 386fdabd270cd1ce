"""An external key store proxy for the tests: a process of its own, with real AES-GCM.

It does what the XKS proxy API specification, version 1, asks for (custody §4), checks Signature
Version 4, and can be told to misbehave. Rules are posted to its control port as JSON:

    {"encrypt": {"status": 400, "error": "ThrottlingException"}}   answer with this error
    {"encrypt": {"raw": "<html>", "status": 200}}                  answer with these bytes
    {"encrypt": {"delay": 1.0}}                                    answer late
    {"encrypt": {"change": {"ciphertextDataIntegrityValue": ""}}}  answer with other members
    {"decrypt": {"hang_up": true}}                                 close the connection

A rule holds for one kind of request (health, metadata, encrypt, decrypt) until rules are posted
again. `GET /requests` on the control port tells what was asked since it was last asked.
"""

import argparse
import base64
import hashlib
import http.server
import json
import os
import re
import ssl
import struct
import sys
import threading
import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sigv4 import sign

CREDENTIALS = {
    "BETWEENTWENTYANDTHIRTYAA": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY+/abcd",
    "ROTATEDROTATEDROTATEDAAA": "another+secret/of+43+characters+at+the+least0",
}
KEYS = {
    "key-1": {},
    "key-2": {},
    "key_3.x": {},
    "rsa": {"keySpec": "RSA_2048"},
    "encrypt-only": {"keyUsage": ["ENCRYPT"]},
    "disabled": {"keyStatus": "DISABLED"},
}
METADATA = b"key_version=1"
RESOURCE = re.compile(
    r"(?P<prefix>(?:/[A-Za-z0-9_-]+)*?)/kms/xks/v1"
    r"(?:/keys/(?P<key>[A-Za-z0-9._-]{1,128})/(?P<kind>metadata|encrypt|decrypt)|/health)"
)


class Refused(Exception):
    def __init__(self, status, name):
        super().__init__(name)
        self.status, self.name = status, name


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.rules = {}
        self.requests = []
        self.connections = 0
        self.material = {name: os.urandom(32) for name in KEYS}


STATE = State()


def b64(data):
    return base64.b64encode(data).decode()


def member(body, name, required=True):
    if name not in body:
        if required:
            raise Refused(400, "ValidationException")
        return b""
    return base64.b64decode(body[name], validate=True)


def framed(aad, metadata):
    return struct.pack(">H", len(aad)) + aad + struct.pack("B", len(metadata)) + metadata


def health(_, body):
    return {
        "xksProxyFleetSize": 1,
        "xksProxyVendor": "Tests",
        "xksProxyModel": "One",
        "ekmVendor": "Tests",
        "ekmFleetDetails": [
            {"id": "ekm-1", "model": "One", "healthStatus": "ACTIVE"},
            {"id": "ekm-2", "model": "One", "healthStatus": "UNAVAILABLE"},
        ],
    }


def metadata(key, body):
    return {
        "keySpec": "AES_256",
        "keyUsage": ["ENCRYPT", "DECRYPT"],
        "keyStatus": "ENABLED",
    } | KEYS[key]


def encrypt(key, body):
    if body["encryptionAlgorithm"] != "AES_GCM":
        raise Refused(400, "ValidationException")
    plaintext = member(body, "plaintext")
    aad = member(body, "additionalAuthenticatedData", required=False)
    if len(plaintext) > 4300 or len(aad) > 8192:
        raise Refused(501, "UnsupportedOperationException")
    iv = os.urandom(12)
    sealed = AESGCM(STATE.material[key]).encrypt(iv, plaintext, framed(aad, METADATA))
    ciphertext, tag = sealed[:-16], sealed[-16:]
    answer = {
        "ciphertext": b64(ciphertext),
        "initializationVector": b64(iv),
        "authenticationTag": b64(tag),
        "ciphertextMetadata": b64(METADATA),
    }
    if "ciphertextDataIntegrityValueAlgorithm" in body:
        value = hashlib.sha256(aad + METADATA + iv + ciphertext + tag).digest()
        answer["ciphertextDataIntegrityValue"] = b64(value)
    return answer


def decrypt(key, body):
    aad = member(body, "additionalAuthenticatedData", required=False)
    sealed = member(body, "ciphertext") + member(body, "authenticationTag")
    given = member(body, "ciphertextMetadata", required=False)
    try:
        plaintext = AESGCM(STATE.material[key]).decrypt(
            member(body, "initializationVector"), sealed, framed(aad, given)
        )
    except InvalidTag:
        raise Refused(400, "InvalidCiphertextException") from None
    return {"plaintext": b64(plaintext)}


ANSWERS = {"health": health, "metadata": metadata, "encrypt": encrypt, "decrypt": decrypt}


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        with STATE.lock:
            STATE.connections += 1

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._send(405, b"")

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        found = RESOURCE.fullmatch(self.path)
        kind = (found and (found["kind"] or "health")) or "nothing"
        with STATE.lock:
            rule = STATE.rules.get(kind, {})
            STATE.requests.append(
                {
                    "path": self.path,
                    "kind": kind,
                    "body": json.loads(raw),
                    "type": self.headers.get("Content-Type"),
                    "authorization": self.headers.get("Authorization"),
                }
            )
        if delay := rule.get("delay"):
            time.sleep(delay)
        if rule.get("hang_up"):
            self.close_connection = True
            return
        try:
            if "raw" in rule:
                self._send(rule.get("status", 200), rule["raw"].encode())
                return
            if "error" in rule:
                raise Refused(rule["status"], rule["error"])
            self._check_signature(raw)
            if not found or found["prefix"] == "/nowhere":
                raise Refused(404, "InvalidUriPathException")
            if kind != "health" and found["key"] not in KEYS:
                raise Refused(404, "KeyNotFoundException")
            answer = ANSWERS[kind](found["key"], json.loads(raw))
            for name, value in rule.get("change", {}).items():
                if value is None:
                    answer.pop(name, None)
                else:
                    answer[name] = value
            self._send(200, json.dumps(answer).encode())
        except Refused as error:
            body = {"errorName": error.name, "errorMessage": "words of the proxy alone"}
            self._send(error.status, json.dumps(body).encode())

    def _check_signature(self, raw):
        refused = Refused(401, "AuthenticationFailedException")
        given = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=(?P<id>[A-Z2-7]{20,30})/(?P<scope>\d{8}/[a-z0-9-]+/"
            r"kms-xks-proxy/aws4_request), SignedHeaders=(?P<signed>[a-z0-9;-]+), "
            r"Signature=[0-9a-f]{64}",
            self.headers.get("Authorization", ""),
        )
        if not given or given["id"] not in CREDENTIALS:
            raise refused
        when, signed = self.headers["X-Amz-Date"], given["signed"].split(";")
        if not {"host", "x-amz-date"} <= set(signed):
            raise refused
        headers = {name: self.headers[name] for name in signed if name != "x-amz-date"}
        expected = resign(self.path, headers, raw, given["id"], when, given["scope"], signed)
        if expected != self.headers["Authorization"]:
            raise refused

    def _send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def resign(path, headers, body, access_key, when, scope, signed):
    """The `Authorization` that the tests' own signer makes of the same request."""
    made = sign(
        headers, body, access_key, CREDENTIALS[access_key], when=when, scope=scope, signed=signed,
        path=path,
    )  # fmt: skip
    return made["Authorization"]


class Control(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        rules = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with STATE.lock:
            STATE.rules = rules
        self._send({})

    def do_GET(self):
        with STATE.lock:
            told, STATE.requests = STATE.requests, []
            connections = STATE.connections
        self._send({"requests": told, "connections": connections})

    def _send(self, answer):
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass  # Clients that hang up, or do not agree on TLS, are part of the tests.


class SecureListener(Listener):
    """The handshake is done in the thread of the connection: a slow one holds up nobody."""

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Proxy)
        self.context = context

    def finish_request(self, request, address):
        with self.context.wrap_socket(request, server_side=True) as stream:
            self.RequestHandlerClass(stream, address, self)


def context(arguments, client_ca=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(arguments.certificate, arguments.key)
    if client_ca:
        made.load_verify_locations(client_ca)
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--client-ca", required=True)
    arguments = parser.parse_args()
    plain = SecureListener(context(arguments))
    mutual = SecureListener(context(arguments, arguments.client_ca))
    control = Listener(("127.0.0.1", 0), Control)
    for listener in (plain, mutual, control):
        threading.Thread(target=listener.serve_forever, daemon=True).start()
    ports = {
        name: listener.server_address[1]
        for name, listener in (("plain", plain), ("mutual", mutual), ("control", control))
    }
    print(json.dumps(ports), flush=True)
    sys.stdin.read()  # Until whoever started us goes.


if __name__ == "__main__":
    main()
