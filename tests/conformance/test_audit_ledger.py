"""The journal as a ledger: checkpoints, proofs, and everything that can be done to its files.

The files are those of a real server. What the binary says of them is held against RFC 6962 and
C2SP's signed notes as `ledger.py` has them, in another language and with another library.
"""

import base64
import hashlib
import json
import pathlib
import shutil

import ledger
import pytest
from support import ACCOUNT, Server, chain_holds, init, journal, strongroom

PACE = ["--audit-checkpoint-entries", "7", "--audit-file-megabytes", "1"]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A journal of a few files and many checkpoints, the keys of which are in a file elsewhere."""
    place = tmp_path_factory.mktemp("ledger")
    data, seal = place / "data", f"key-file={place / 'key'}"
    credentials = init(data, seal)
    keys = place / "trusted"
    requests = []
    for number in range(3):
        with Server.serve(data, seal, *PACE) as server:
            kms = server.client(
                credentials["access_key_id"], secret=credentials["secret_access_key"]
            )
            key = kms.create_key(Description=f"of start {number}")["KeyMetadata"]["KeyId"]
            # More than a megabyte the first time, so that there is another file.
            for _ in range(6 if number else 1500):
                answer = kms.encrypt(KeyId=key, Plaintext=b"x")
                requests.append(answer["ResponseMetadata"]["RequestId"])
            printed = strongroom("audit", "public-keys", "--data-dir", data).stdout
            keys.write_text(printed)
    offline = strongroom("audit", "public-keys", "--data-dir", data, "--seal", seal).stdout
    assert offline == keys.read_text()
    assert (data / "journal" / "public-keys").read_text() == offline
    yield data, keys, seal, requests


def verify(data, keys, *more, fails=False):
    ran = strongroom(
        "audit", "verify", "--dir", data, "--public-key", keys, "--output", "json", *more, fails=fails
    )
    answer = json.loads(ran.stdout)
    assert answer["sound"] != fails
    if fails:
        # One sentence, with what, where, and which.
        assert ran.stderr.count("\n") == 1 and answer["what"] in ran.stderr
    return answer


@pytest.fixture
def copy(house, tmp_path):
    """A copy that may be spoilt: its folder, and its lines."""
    data, keys, _, _ = house
    copied = tmp_path / "journal"
    shutil.copytree(data / "journal", copied)
    return copied, keys


def lines_of(data):
    return [line.rstrip(b"\n") for line in journal(data)]


def test_a_journal_as_it_was_written_verifies(house):
    data, keys, _, _ = house
    chain_holds(data)
    assert len(list((data / "journal").glob("*.jsonl"))) > 1
    answer = verify(data, keys)
    count = len(journal(data))
    assert (answer["first"], answer["last"], answer["unsealed"]) == (1, count, 0)
    text = strongroom("audit", "verify", "--dir", data / "journal", "--public-key", keys).stdout
    assert text.startswith(f"sound: records 1 to {count} are as they were written; ")


def test_checkpoints_are_those_of_the_rfc(house):
    data, keys, _, _ = house
    lines = lines_of(data)
    found = ledger.checkpoints(data, ledger.keys_of(keys.read_text()))
    assert len(found) > 10 and found[-1].size == len(lines)
    previous = 0
    for note in found:
        assert note.root == ledger.root(lines[: note.size])
        assert note.extension["head"] == hashlib.sha256(lines[note.size - 1]).hexdigest()
        assert int(note.extension["previous"]) == previous
        assert note.origin == f"strongroom/journal/{note.extension['installation']}"
        previous = note.size
    size, digest = found[-1].extension["fold"].split()
    fold = data / "journal" / f"{int(size):016}.fold"
    assert hashlib.sha256(fold.read_bytes()).hexdigest() == digest
    first, *rows = map(json.loads, fold.read_text().splitlines())
    assert first == {"head": hashlib.sha256(lines[int(size) - 1]).hexdigest(), "size": int(size)}
    expected = {}
    for line in lines[: int(size)]:
        for row in json.loads(line).get("rows", []):
            if row["version"] > expected.get(row["key"], row)["version"] or row["key"] not in expected:
                expected[row["key"]] = row
    assert rows == sorted(expected.values(), key=lambda row: row["key"].encode())


def test_proofs_hold_for_others_and_only_for_what_they_prove(house, tmp_path):
    data, keys, _, requests = house
    lines = lines_of(data)
    trusted = ledger.keys_of(keys.read_text())
    sizes = [note.size for note in ledger.checkpoints(data, trusted)]

    def prove(*arguments):
        return json.loads(strongroom("audit", "prove", "--dir", data, *arguments).stdout)

    def check(proof, fails=False):
        file = tmp_path / "proof.json"
        file.write_text(json.dumps(proof))
        return strongroom("audit", "check-proof", file, "--public-key", keys, fails=fails)

    event = json.loads(lines[4])["eventID"]
    for arguments, size in [
        (["--request-id", requests[0]], sizes[-1]),
        (["--request-id", requests[-1]], sizes[-1]),
        (["--event-id", event], sizes[-1]),
        (["--seq", "1"], sizes[-1]),
        (["--seq", str(len(lines))], sizes[-1]),
        (["--seq", str(sizes[1]), "--size", str(sizes[1])], sizes[1]),
    ]:
        proof = prove(*arguments)
        hashes = [base64.b64decode(hash) for hash in proof["hashes"]]
        line, index = proof["line"].encode(), proof["index"]
        assert (line, proof["size"]) == (lines[index], size)
        assert hashes == ledger.path(index, lines[:size])
        note = ledger.Note(proof["checkpoint"], trusted)
        assert ledger.included(line, index, size, hashes) == note.root
        assert check(proof).stdout.startswith(f"holds: the record is number {index + 1} among ")
        other = json.loads(lines[index]) | {"eventName": "Nothing"}
        assert "another root" in check(proof | {"line": json.dumps(other)}, fails=True).stderr
        forged = proof["checkpoint"].replace(f"\n{size}\n", f"\n{size + 1}\n")
        assert "forged" in check(proof | {"checkpoint": forged, "size": size + 1}, fails=True).stderr
    assert json.loads(prove("--request-id", requests[0])["line"])["requestID"] == requests[0]
    for first, size in [(sizes[0], sizes[-1]), (sizes[1], sizes[2]), (sizes[-1], sizes[-1])]:
        proof = prove("--consistency", first, size)
        hashes = [base64.b64decode(hash) for hash in proof["hashes"]]
        assert hashes == ledger.subproof(first, lines[:size])
        assert ledger.Note(proof["first_checkpoint"], trusted).size == first
        check(proof)
        if hashes:
            check(proof | {"hashes": proof["hashes"][::-1][1:]}, fails=True)
    absent = strongroom("audit", "prove", "--dir", data, "--event-id", "none", fails=True)
    assert "there is no such record" in absent.stderr


def test_flipped_bytes_are_found_where_they_are(copy):
    folder, keys = copy
    seq = 0
    last = len(journal(folder.parent))
    # Behind the last record no other one says what it was: its checkpoint can only be told that
    # it or one of those that were sealed with it is another.
    sealed = [note.size for note in ledger.checkpoints(folder.parent, [])]
    assert sealed[-1] == last
    for file in sorted(folder.glob("*.jsonl")):
        good = file.read_bytes()
        for at in [*range(3, len(good), len(good) // 25), len(good) - 40]:
            spoilt = bytearray(good)
            spoilt[at] ^= 1
            file.write_bytes(spoilt)
            answer = verify(folder, keys, fails=True)
            line = good[:at].count(b"\n") + 1
            first = sealed[-2] + 1 if seq + line == last else seq + line
            assert answer["fault"] == "altered" and first <= answer["seq"] <= seq + line, answer
            assert (pathlib.Path(answer["file"]), answer["line"]) == (file, line)
        file.write_bytes(good)
        seq += good.count(b"\n")
    for file in sorted(folder.glob("*.checkpoints")):
        good = file.read_bytes()
        # Without its last newline the last one is torn, as a crash leaves it, and counts for none.
        for at in range(0, len(good) - 1, len(good) // 15):
            spoilt = bytearray(good)
            spoilt[at] ^= 1
            file.write_bytes(spoilt)
            assert verify(folder, keys, fails=True)["fault"] == "forged-checkpoint"
        file.write_bytes(good)
    verify(folder, keys)


def first_file(folder):
    file = sorted(folder.glob("*.jsonl"))[0]
    return file, file.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("fault", "seq", "spoil"),
    [
        ("missing", 5, lambda lines: lines[:4] + lines[5:]),
        ("reordered", 5, lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]]),
        ("repeated", 5, lambda lines: [*lines[:5], lines[4], *lines[5:]]),
        ("repeated", 2, lambda lines: [*lines[:9], lines[1], *lines[9:]]),
        ("altered", 3, lambda lines: [*lines[:2], lines[2][:-2] + b"\n", *lines[3:]]),
    ],
)
def test_records_that_are_gone_moved_or_repeated_are_named(copy, fault, seq, spoil):
    folder, keys = copy
    file, lines = first_file(folder)
    file.write_bytes(b"".join(spoil(lines)))
    answer = verify(folder, keys, fails=True)
    assert (answer["fault"], answer["seq"]) == (fault, seq)


def test_whole_files_that_are_gone_or_swapped_are_named(copy):
    folder, keys = copy
    first, second = sorted(folder.glob("*.jsonl"))[:2]
    texts = first.read_bytes(), second.read_bytes()
    first.write_bytes(texts[1]), second.write_bytes(texts[0])
    answer = verify(folder, keys, fails=True)
    assert (answer["fault"], answer["seq"]) == ("reordered", 1)
    first.write_bytes(texts[0]), second.write_bytes(texts[1])
    first.unlink()
    answer = verify(folder, keys, fails=True)
    assert (answer["fault"], answer["seq"]) == ("missing", 1)
    # What is left verifies from the checkpoint at the end of the file that is kept elsewhere.
    left = [file for file in folder.iterdir() if file.suffix in (".jsonl", ".checkpoints")]
    text = strongroom("audit", "verify", "--public-key", keys, *left).stdout
    assert text.startswith(f"sound: records {int(second.stem)} to ")


def test_what_is_cut_off_is_named(copy):
    folder, keys = copy
    file = sorted(folder.glob("*.jsonl"))[-1]
    whole = file.read_bytes()
    count = verify(folder, keys)["last"]
    lines = whole.splitlines(keepends=True)
    for left in (1, 3, len(lines) - 1):
        file.write_bytes(b"".join(lines[:-left]))
        answer = verify(folder, keys, fails=True)
        assert (answer["fault"], answer["seq"]) == ("cut-off", count - left + 1)
    file.write_bytes(whole[:-5])
    answer = verify(folder, keys, fails=True)
    assert (answer["fault"], answer["seq"]) == ("cut-off", count)
    file.unlink()
    answer = verify(folder, keys, fails=True)
    assert answer["fault"] in ("cut-off", "missing")


def test_a_chain_that_was_written_anew_contradicts_the_checkpoints(copy):
    folder, keys = copy
    file, lines = first_file(folder)
    sealed = [note.size for note in ledger.checkpoints(folder.parent, [])]
    at = sealed[0] + 1
    assert at < len(lines)
    entry = json.loads(lines[at]) | {"eventName": "Nothing"}
    lines[at] = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    for later in range(at + 1, len(lines)):
        entry = json.loads(lines[later])
        entry["prev_hash"] = hashlib.sha256(lines[later - 1].rstrip(b"\n")).hexdigest()
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        lines[later] = text.encode() + b"\n"
    file.write_bytes(b"".join(lines))
    answer = verify(folder, keys, fails=True)
    assert answer["fault"] == "altered" and sealed[0] < answer["seq"] <= at + 1
    assert "the chain behind it written anew" in answer["what"]


def test_checkpoints_that_are_gone_or_rolled_back_are_found(copy):
    folder, keys = copy
    file = sorted(folder.glob("*.checkpoints"))[0]
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], *lines[2:]]))
    assert verify(folder, keys, fails=True)["fault"] == "missing"
    file.write_bytes(b"".join(lines))
    # The newest are gone: the tail is not sealed, and whoever kept one can tell.
    *_, last = sorted(folder.glob("*.checkpoints"))
    kept = folder.parent / "kept"
    kept.write_bytes(last.read_bytes().splitlines(keepends=True)[-1])
    last.unlink()
    assert verify(folder, keys)["unsealed"] > 0
    verify(folder, keys, "--checkpoint", kept)
    # The world of an earlier day, complete with its checkpoint.
    for later in sorted(folder.glob("*.jsonl"))[1:] + sorted(folder.glob("*.checkpoints"))[1:]:
        later.unlink()
    size = int(json.loads(lines[0])["note"].split("\n")[1])
    file.write_bytes(lines[0])
    journal_file, records = first_file(folder)
    journal_file.write_bytes(b"".join(records[:size]))
    assert verify(folder, keys)["last"] == size
    answer = verify(folder, keys, "--checkpoint", kept, fails=True)
    assert (answer["fault"], answer["seq"]) == ("cut-off", size + 1)


def test_other_keys_vouch_for_nothing(house, tmp_path):
    data, keys, _, _ = house
    other, seal = tmp_path / "other", f"key-file={tmp_path / 'key'}"
    init(other, seal)
    printed = strongroom("audit", "public-keys", "--data-dir", other, "--seal", seal).stdout
    wrong = tmp_path / "wrong"
    wrong.write_text(printed)
    assert verify(data, wrong, fails=True)["fault"] == "forged-checkpoint"
    # Each of the two keys is enough to see that the other one's signature is there.
    for line in keys.read_text().splitlines():
        wrong.write_text(line + "\n")
        verify(data, wrong)


def rotate(data, *seal):
    ran = strongroom("audit", "rotate-signer", "--data-dir", data, *seal, "--output", "json")
    return json.loads(ran.stdout)


def test_other_keys_sign_and_the_first_ones_lead_to_them(tmp_path):
    data, seal = tmp_path / "data", f"key-file={tmp_path / 'key'}"
    credentials = init(data, seal)
    printed = strongroom("audit", "public-keys", "--data-dir", data, "--seal", seal).stdout
    first, told, pinned = tmp_path / "first", tmp_path / "told", tmp_path / "pinned"
    first.write_text(printed)
    with Server.serve(data, seal, *PACE) as server:
        kms = server.client(credentials["access_key_id"], secret=credentials["secret_access_key"])
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        rotated = rotate(data)
        assert rotated["audit_signer_version"] == 2
        for _ in range(20):
            kms.encrypt(KeyId=key, Plaintext=b"x")
    # A start later, and at rest.
    again = rotate(data, "--seal", seal)
    assert again["audit_signer_version"] == 3
    strongroom("root-key", "rotate", "--data-dir", data, "--seal", seal)
    printed = strongroom("audit", "public-keys", "--data-dir", data, "--seal", seal).stdout
    told.write_text(printed)
    assert (data / "journal" / "public-keys").read_text() == printed
    lines = [line.rsplit(" ", 1) for line in printed.splitlines()]
    assert [line for line, _ in lines[:2]] == first.read_text().splitlines()
    one, two = rotated["handed_over_at"], again["handed_over_at"]
    terms = [f"1-{one}", f"{one + 1}-{two}", f"{two + 1}-"]
    assert [term for _, term in lines] == [term for term in terms for _ in range(2)]
    assert [line.rsplit(" ", 1)[0] for line in again["public_keys"]] == [
        line for line, _ in lines[4:]
    ]
    # Each checkpoint is signed by both keys of its time and by no others.
    handed = []
    for file in sorted((data / "journal").glob("*.checkpoints")):
        for line in file.read_text().splitlines():
            note = json.loads(line)["note"]
            size = int(note.split("\n")[1])
            pair = 0 if size <= one else 1 if size <= two else 2
            keys = [ledger.Key(line) for line, _ in lines[2 * pair : 2 * pair + 2]]
            read = ledger.Note(note, keys)
            assert note.count("\n— ") == 2
            if "next" in read.extension:
                handed.append(size)
                assert note.count("\nnext ") == 2
                for line, _ in lines[2 * pair + 2 : 2 * pair + 4]:
                    assert f"\nnext {line}\n" in note
    assert handed == [one, two]
    for keys in [first, told]:
        assert verify(data, keys)["unsealed"] == 0
        for what in [["--seq", "1"], ["--consistency", str(one), str(two)]]:
            proof = tmp_path / "proof"
            proof.write_text(strongroom("audit", "prove", "--dir", data, *what).stdout)
            strongroom("audit", "check-proof", proof, "--public-key", keys)
    # The newest keys alone vouch for nothing before them, and old ones for nothing behind.
    pinned.write_text("".join(f"{line}\n" for line, _ in lines[4:]))
    assert verify(data, pinned, fails=True)["fault"] == "forged-checkpoint"
    pinned.write_text("".join(f"{line} {term}\n" for line, term in lines[:2]))
    assert verify(data, pinned)["sealed"] > one
    # A hand-over that nobody signed.
    for file in sorted((data / "journal").glob("*.checkpoints")):
        text = file.read_text()
        if "\\nnext " in text:
            file.write_text(text.replace("\\nnext ", "\\nNext ", 1))
            break
    answer = verify(data, first, fails=True)
    assert (answer["fault"], answer["seq"]) == ("forged-checkpoint", one)


def test_a_server_does_not_go_on_from_a_journal_that_was_cut_off(house, tmp_path):
    data, _, seal, _ = house
    copied = tmp_path / "data"
    shutil.copytree(data, copied)
    file = sorted((copied / "journal").glob("*.jsonl"))[-1]
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]))
    refused = strongroom("store", "verify", "--data-dir", copied, "--seal", seal, fails=True)
    assert "The journal was cut off: it ends at line " in refused.stderr


def test_the_store_is_checked_from_the_last_checkpoint(house, tmp_path):
    data, _, seal, _ = house
    copied = tmp_path / "data"
    shutil.copytree(data, copied)
    verified = json.loads(
        strongroom(
            "store", "verify", "--data-dir", copied, "--seal", seal, "--output", "json"
        ).stdout
    )
    assert verified["clean"] and verified["folded_from"] > 1
    verified = json.loads(
        strongroom(
            "store", "verify", "--full", "--data-dir", copied, "--seal", seal, "--output", "json"
        ).stdout
    )
    assert verified["clean"] and verified["folded_from"] == 1


def test_below_the_reserve_calls_are_refused_with_an_error_that_is_tried_again(tmp_path):
    with Server.dev(tmp_path / "data", "--audit-reserve-percent", "0") as server:
        raw = server.raw()
        key = raw.call("CreateKey", {}, ACCOUNT).json["KeyMetadata"]["KeyId"]
    disk = shutil.disk_usage(tmp_path)
    if disk.free / disk.total > 0.5:
        pytest.skip("more of the disk is free than can be reserved")
    with Server.dev(tmp_path / "data", "--audit-reserve-percent", "50") as server:
        raw = server.raw()
        for operation, body in [
            ("Encrypt", {"KeyId": key, "Plaintext": "eA=="}),
            ("CreateKey", {}),
            ("DescribeKey", {"KeyId": key}),
        ]:
            answer = raw.call(operation, body, ACCOUNT)
            assert (answer.status, answer.code) == (500, "KMSInternalException")
        assert "the disk of the journal is nearly full" in server.stderr
