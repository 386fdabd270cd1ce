"""kill -9 at any moment loses nothing acknowledged and leaves nothing half done (design.md §2.2).

Fifty times: a server under load from four threads is killed, started again on the same folder,
and everything that a client was told is compared with what is there. A change in flight when the
server died may have happened or not, but not half: an alias exists, is listed, and is listed with
its key, or none of it.
"""

import base64
import collections
import contextlib
import http.client
import random
import threading
import time

import pytest
from support import Server, chain_holds, pages

ROUNDS = 50
ACCOUNT = "111122223333"
# Enough to be interesting, and few enough to look at all of them after each of the rounds.
KEYS, ALIASES = 150, 300


class Truth:
    """What clients were told, and for each thing what else may be true of it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.keys = {}  # id → set of states it may be in
        self.aliases = {}  # name → set of targets it may have; None: it may not exist
        self.blobs = {}  # id → a ciphertext and its plaintext


class Worker(threading.Thread):
    """Changes things that no other worker changes, so that the order of its calls is known."""

    def __init__(self, truth, server, number):
        super().__init__()
        self.truth, self.server, self.number = truth, server, number
        self.random = random.Random()
        self.done = 0
        self.fault = None

    def run(self):
        try:
            with self.server.raw() as self.raw:
                while True:
                    self.random.choice(
                        [self.create_key, self.create_alias, self.create_alias, self.update_alias,
                         self.update_alias, self.toggle, self.delete_alias]
                    )()  # fmt: skip
                    self.done += 1
        except (OSError, http.client.HTTPException):
            pass  # The server was killed.
        except Exception as fault:  # Shown by the test's own thread.
            self.fault = fault

    def call(self, operation, **body):
        answer = self.raw.call(operation, body, ACCOUNT)
        assert answer.status == 200, (operation, answer.body)
        return answer.json if answer.body else None

    def mine(self, things):
        with self.truth.lock:
            return [name for name in things if things[name] != {None} and self.owns(name)]

    def owns(self, name):
        return sum(name.encode()) % 4 == self.number

    @contextlib.contextmanager
    def changing(self, things, name, value):
        """Before the call both are possible; after its answer only the new value is."""
        with self.truth.lock:
            things.setdefault(name, {None})
            things[name] = things[name] | {value}
        yield
        with self.truth.lock:
            things[name] = {value}

    def create_key(self):
        # A key that was made and never acknowledged is nobody's; nothing can be said of it.
        if len(self.truth.keys) >= KEYS:
            return
        key = self.call("CreateKey")["KeyMetadata"]["KeyId"]
        with self.truth.lock:
            self.truth.keys[key] = {"Enabled"}
        plaintext = base64.b64encode(key.encode()).decode()
        blob = self.call("Encrypt", KeyId=key, Plaintext=plaintext)["CiphertextBlob"]
        with self.truth.lock:
            self.truth.blobs[key] = (blob, plaintext)

    def any_key(self):
        with self.truth.lock:
            keys = list(self.truth.keys)
        return self.random.choice(keys) if keys else None

    def create_alias(self):
        key = self.any_key()
        name = f"alias/crash-{self.random.getrandbits(64):016x}"
        if key and self.owns(name) and len(self.truth.aliases) < ALIASES:
            with self.changing(self.truth.aliases, name, key):
                self.call("CreateAlias", AliasName=name, TargetKeyId=key)

    def settled_alias(self):
        names = self.mine(self.truth.aliases)
        return self.random.choice(names) if names else None

    def update_alias(self):
        name, key = self.settled_alias(), self.any_key()
        if name:
            with self.changing(self.truth.aliases, name, key):
                self.call("UpdateAlias", AliasName=name, TargetKeyId=key)

    def delete_alias(self):
        name = self.settled_alias()
        if name and self.random.random() < 0.3:
            with self.changing(self.truth.aliases, name, None):
                self.call("DeleteAlias", AliasName=name)

    def toggle(self):
        keys = [key for key in self.mine(self.truth.keys) if key in self.truth.blobs]
        if keys:
            key = self.random.choice(keys)
            to, operation = self.random.choice([("Disabled", "DisableKey"), ("Enabled", "EnableKey")])
            with self.changing(self.truth.keys, key, to):
                self.call(operation, KeyId=key)


def check(server, truth):
    """Everything acknowledged is there, nothing is half there; what is there is now the truth."""
    kms = server.service(ACCOUNT)
    aliases = {entry["AliasName"]: entry for entry in pages(kms, "list_aliases", "Aliases", Limit=100)}
    for name, possible in truth.aliases.items():
        target = aliases[name]["TargetKeyId"] if name in aliases else None
        assert target in possible, f"{name} → {target}, of {possible}"
        truth.aliases[name] = {target}
    assert set(aliases) <= set(truth.aliases)
    with server.raw() as raw:
        by_target = collections.defaultdict(set)
        for name, entry in aliases.items():
            by_target[entry["TargetKeyId"]].add(name)
            described = raw.call("DescribeKey", {"KeyId": name}, ACCOUNT)
            assert described.json["KeyMetadata"]["KeyId"] == entry["TargetKeyId"]
        for key, possible in truth.keys.items():
            metadata = raw.call("DescribeKey", {"KeyId": key}, ACCOUNT).json["KeyMetadata"]
            assert metadata["KeyState"] in possible, f"{key} is {metadata['KeyState']}, not {possible}"
            truth.keys[key] = {metadata["KeyState"]}
            listed = raw.call("ListAliases", {"KeyId": key, "Limit": 100}, ACCOUNT).json["Aliases"]
            assert {entry["AliasName"] for entry in listed} == by_target.pop(key, set())
        assert not by_target, "aliases of keys that nobody was told of"
        for key, (blob, plaintext) in truth.blobs.items():
            answer = raw.call("Decrypt", {"CiphertextBlob": blob}, ACCOUNT)
            if truth.keys[key] == {"Enabled"}:
                assert answer.json["Plaintext"] == plaintext
            else:
                assert answer.code == "DisabledException"
        for name in [name for name, possible in truth.aliases.items() if possible == {None}]:
            assert raw.call("DescribeKey", {"KeyId": name}, ACCOUNT).code == "NotFoundException"
            del truth.aliases[name]
    listed = {entry["KeyId"] for entry in pages(kms, "list_keys", "Keys", Limit=1000)}
    assert set(truth.keys) <= listed


@pytest.mark.timeout(300)
def test_killed_fifty_times_under_load(tmp_path):
    truth = Truth()
    data = tmp_path / "data"
    seed = random.SystemRandom().getrandbits(32)
    rng = random.Random(seed)
    calls = 0
    for _ in range(ROUNDS):
        server = Server.dev(data)
        check(server, truth)
        workers = [Worker(truth, server, number) for number in range(4)]
        for worker in workers:
            worker.start()
        time.sleep(rng.uniform(0.05, 0.9))
        server.kill()
        for worker in workers:
            worker.join()
        calls += sum(worker.done for worker in workers)
        assert not [worker.fault for worker in workers if worker.fault]
    with Server.dev(data) as server:
        check(server, truth)
    assert calls > ROUNDS * 10, f"hardly any load: {calls} calls"
    assert truth.keys
    assert truth.aliases
    chain_holds(data)
    print(f"{calls} calls, {len(truth.keys)} keys, {len(truth.aliases)} aliases, seed {seed}")
