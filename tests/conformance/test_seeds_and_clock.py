"""Seeds, and the service clock of dev (decisions.md 2, 11, 12, 16; custody-and-audit.md §2.7)."""

import base64
import datetime
import json
import os
import pathlib

import pytest
import srk
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from key_specs import HMAC, LISTS, PAIRS, SPECS, SPKI, pkcs8, spki
from support import (
    CIPHERTEXT_KEY_GONE,
    Server,
    body_of,
    fresh_name,
    init,
    journal,
    pages,
    refused,
    strongroom,
)

ACCOUNT, KEY = "111122223333", "1234abcd-12ab-34cd-56ef-1234567890ab"
GLOBAL = "mrk-1234abcd12ab34cd56ef1234567890ab"
MATERIAL = b"01234567890123456789012345678901"
OLD = bytes(range(32))


def seed(**changes):
    """A seed with two keys in one Region; `changes` are of the first key."""
    key = {
        "id": KEY,
        "description": "The key of the documentation example",
        "key_spec": "SYMMETRIC_DEFAULT",
        "key_usage": "ENCRYPT_DECRYPT",
        "origin": "AWS_KMS",
        "multi_region": False,
        "enabled": True,
        "key_material": [base64.b64encode(MATERIAL).decode()],
        "tags": {"project": "alpha"},
        "policy": None,
        "aliases": ["alias/ExampleAlias"],
    } | changes
    key = {name: value for name, value in key.items() if value is not ...}
    return {
        "accounts": {
            ACCOUNT: {
                "root": {
                    "access_keys": [{"id": "AKIAROOT111122223333", "secret": "for-tests-only"}]
                },
                "regions": {
                    "us-east-1": {
                        "keys": [
                            key,
                            {"id": GLOBAL, "multi_region": True, "aliases": ["alias/global"]},
                        ]
                    }
                },
            }
        }
    }


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


class Place:
    """A folder with a seed file, and servers on it."""

    def __init__(self, directory):
        self.file, self.data = directory / "seed.yaml", directory / "data"

    def start(self, content=None, *arguments):
        if content is not None:
            self.file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return Server.dev(self.data, "--seed", self.file, *arguments)

    def refuses(self, content):
        """What a start with that seed says on its way out, which has to be file, line, reason."""
        self.file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        said = strongroom(
            "dev", "--listen", "127.0.0.1:0", "--data-dir", self.data, "--seed", self.file, fails=True
        ).stderr
        assert f"{self.file}:" in said, said
        line, reason = said.split(f"{self.file}:", 1)[1].split(":", 1)
        assert line.strip().isdigit(), said
        return int(line), reason.strip()


def test_seeded_keys_are_there_from_the_first_request_on(place):
    with place.start(seed()) as server:
        kms = server.service()
        key = kms.describe_key(KeyId="alias/ExampleAlias")["KeyMetadata"]
        assert key["Arn"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY}"
        assert key["Description"] == "The key of the documentation example"
        assert key["KeyState"] == "Enabled"
        assert key["CurrentKeyMaterialId"] == srk.material_id(ACCOUNT, KEY, MATERIAL).hex()
        assert kms.list_resource_tags(KeyId=KEY)["Tags"] == [
            {"TagKey": "project", "TagValue": "alpha"}
        ]
        assert json.loads(kms.get_key_policy(KeyId=KEY)["Policy"])["Id"] == "key-default-1"
        assert kms.describe_key(KeyId="alias/global")["KeyMetadata"]["MultiRegion"] is True
        assert [entry["KeyId"] for entry in kms.list_keys()["Keys"]] == sorted([KEY, GLOBAL])
        assert len(kms.list_aliases()["Aliases"]) == 2


WORKERS = {
    "name": "workers",
    "grantee_principal": f"arn:aws:iam::{ACCOUNT}:user/bob",
    "retiring_principal": f"arn:aws:iam::{ACCOUNT}:root",
    "operations": ["Encrypt", "Decrypt"],
    "constraints": {"encryption_context_subset": {"Department": "IT"}},
}


def grants(server):
    return server.service().list_grants(KeyId=KEY)["Grants"]


def test_seeded_grants_are_there_once_and_stay_away_when_they_are_revoked(place):
    service = {
        "name": "service",
        "grantee_service_principal": "logs.amazonaws.com",
        "retiring_service_principal": "logs.amazonaws.com",
        "operations": ["Encrypt"],
        "constraints": {"source_arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:group"},
    }
    said = seed(grants=[WORKERS, service], enabled=False)
    with place.start(said) as server:
        listed = {item["Name"]: item for item in grants(server)}
        assert set(listed) == {"workers", "service"}
        workers = listed["workers"]
        assert workers["GranteePrincipal"] == WORKERS["grantee_principal"]
        assert workers["RetiringPrincipal"] == workers["IssuingAccount"]
        assert workers["Operations"] == ["Encrypt", "Decrypt"]
        assert workers["Constraints"] == {"EncryptionContextSubset": {"Department": "IT"}}
        assert listed["service"]["GranteeServicePrincipal"] == "logs.amazonaws.com"
    with place.start(said) as server:
        assert {item["GrantId"] for item in grants(server)} == {
            item["GrantId"] for item in listed.values()
        }
        # It is the grant that the same request makes.
        server.service().enable_key(KeyId=KEY)
        again = server.service().create_grant(
            KeyId=KEY, Name="workers", GranteePrincipal=workers["GranteePrincipal"],
            RetiringPrincipal=workers["RetiringPrincipal"], Operations=["Decrypt", "Encrypt"],
            Constraints=workers["Constraints"],
        )  # fmt: skip
        assert again["GrantId"] == workers["GrantId"]
        server.service().revoke_grant(KeyId=KEY, GrantId=workers["GrantId"])
    with place.start(said) as server:
        assert [item["Name"] for item in grants(server)] == ["service"]


def test_a_seeded_grant_that_cannot_be_or_says_something_else_is_refused(tmp_path):
    for number, (changes, reason) in enumerate((
        ({"operations": ["Sign"]}, "Operation Sign is not valid in a grant"),
        ({"operations": []}, "at least one grant operation"),
        ({"grantee_principal": "bob"}, "the principals of a grant are ARNs"),
        ({"grantee_service_principal": "logs.amazonaws.com"}, "exactly one of GranteePrincipal"),
    )):  # fmt: skip
        (tmp_path / str(number)).mkdir()
        line, said = Place(tmp_path / str(number)).refuses(seed(grants=[WORKERS | changes]))
        assert reason in said and line > 1
    place = Place(tmp_path)
    with place.start(seed(grants=[WORKERS])):
        pass
    _, said = place.refuses(seed(grants=[WORKERS | {"operations": ["Encrypt"]}]))
    assert said.startswith("the grant `workers` says something else")


def test_the_published_ciphertext_decrypts_under_its_seeded_key(place):
    """The known-answer vector of custody-and-audit.md §2.7, which was made long ago elsewhere."""
    context = {"Department": "Engineering", "Project": "Alpha"}
    blob = srk.seal(
        ACCOUNT, KEY, OLD, b"Hello World!", context,
        nonce=bytes(range(0x10, 0x20)), iv=bytes(range(0xA0, 0xAC)),
    )  # fmt: skip
    with place.start(seed(key_material=[base64.b64encode(OLD).decode()])) as server:
        answer = body_of(server.service().decrypt(CiphertextBlob=blob, EncryptionContext=context))
        assert answer == {
            "KeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY}",
            "Plaintext": b"Hello World!",
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "KeyMaterialId": "1fced1ca66ef69d22b3c7172b174178646e0886af8f0799b9262d567cfa8f7a7",
        }


def test_both_writings_of_the_format_read_each_other(place):
    with place.start(seed()) as server:
        kms = server.service()
        for plaintext in (b"x", os.urandom(100), b"p" * 4096):
            for context in ({}, {"b": "2", "a": "ü"}):
                blob = kms.encrypt(KeyId=KEY, Plaintext=plaintext, EncryptionContext=context)
                blob = blob["CiphertextBlob"]
                assert blob[5] == srk.ENCRYPT
                assert srk.open_(blob, ACCOUNT, KEY, MATERIAL, context) == plaintext
                for purpose in (srk.ENCRYPT, srk.DATA_KEY):
                    theirs = srk.seal(ACCOUNT, KEY, MATERIAL, plaintext, context, purpose)
                    opened = kms.decrypt(CiphertextBlob=theirs, EncryptionContext=context)
                    assert opened["Plaintext"] == plaintext
        data_key = kms.generate_data_key(KeyId=KEY, KeySpec="AES_256")
        assert data_key["CiphertextBlob"][5] == srk.DATA_KEY
        opened = srk.open_(data_key["CiphertextBlob"], ACCOUNT, KEY, MATERIAL)
        assert opened == data_key["Plaintext"]


def test_a_ciphertext_that_does_not_commit_to_its_key_is_refused(place):
    """Right header, right AES-GCM tag, wrong commitment: the page's reason to have one."""
    blob = srk.seal(ACCOUNT, KEY, MATERIAL, b"x")
    head = blob[:100]
    key, commitment = srk._message_keys(ACCOUNT, KEY, MATERIAL, head, {})
    forged = bytes(32)
    body = srk.AESGCM(key).encrypt(head[88:100], b"x", head + forged)
    with place.start(seed()) as server:
        kms = server.service()
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=head + forged + body)
        with refused("InvalidCiphertextException", None):
            kms.decrypt(CiphertextBlob=head + commitment + body)


def test_old_material_decrypts_and_the_last_encrypts(place):
    materials = [base64.b64encode(material).decode() for material in (OLD, MATERIAL)]
    with place.start(seed(key_material=materials)) as server:
        kms = server.service()
        assert kms.decrypt(CiphertextBlob=srk.seal(ACCOUNT, KEY, OLD, b"old"))["Plaintext"] == b"old"
        new = kms.encrypt(KeyId=KEY, Plaintext=b"new")["CiphertextBlob"]
        assert srk.open_(new, ACCOUNT, KEY, MATERIAL) == b"new"


def test_a_ciphertext_outlives_the_data_folder(tmp_path):
    first, second = Place(tmp_path / "a"), Place(tmp_path / "b")
    for place in (first, second):
        place.file.parent.mkdir()
    with first.start(seed()) as server:
        blob = server.service().encrypt(KeyId=KEY, Plaintext=b"x")["CiphertextBlob"]
    with second.start(seed()) as server:
        assert server.service().decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_disabled_key_and_one_without_material(place):
    content = seed(enabled=False)
    keys = content["accounts"][ACCOUNT]["regions"]["us-east-1"]["keys"]
    keys[1] = {"id": GLOBAL, "multi_region": True, "origin": "EXTERNAL"}
    with place.start(content) as server:
        kms = server.service()
        assert kms.describe_key(KeyId=KEY)["KeyMetadata"]["KeyState"] == "Disabled"
        assert kms.describe_key(KeyId=GLOBAL)["KeyMetadata"]["KeyState"] == "PendingImport"


def test_the_same_seed_again_is_fine_and_keeps_what_changed_beside_it(place):
    with place.start(seed()) as server:
        kms = server.service()
        blob = kms.encrypt(KeyId=GLOBAL, Plaintext=b"x")["CiphertextBlob"]
        made = kms.key()
        metadata = kms.describe_key(KeyId=KEY)["KeyMetadata"]
    with place.start() as server:
        kms = server.service()
        assert kms.describe_key(KeyId=KEY)["KeyMetadata"] == metadata
        # Material that the seed does not give was made at the first start and kept.
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        assert kms.describe_key(KeyId=made.id)


def test_a_seed_that_grew_adds_what_is_absent(place):
    with place.start(seed()):
        pass
    grown = seed(aliases=["alias/ExampleAlias", "alias/another"])
    new = "0f1e2d3c-4b5a-4968-8776-655443322110"
    grown["accounts"][ACCOUNT]["regions"]["us-east-1"]["keys"].append({"id": new})
    with place.start(grown) as server:
        kms = server.service()
        assert kms.target("alias/another") == KEY
        assert kms.describe_key(KeyId=new)["KeyMetadata"]["KeyState"] == "Enabled"


@pytest.mark.parametrize(
    "changes",
    [
        {"key_material": [base64.b64encode(OLD).decode()]},
        {"origin": "EXTERNAL"},
        {"description": "another"},
    ],
    ids=["material", "origin", "description"],
)
def test_a_seed_that_differs_refuses_the_start(place, changes):
    with place.start(seed()):
        pass
    line, reason = place.refuses(seed(**changes))
    assert line > 1
    assert KEY in reason or "differ" in reason, reason
    assert base64.b64encode(OLD).decode() not in reason
    # And nothing was changed by the attempt.
    with place.start(seed()) as server:
        assert server.service().encrypt(KeyId=KEY, Plaintext=b"x")


def test_what_was_deleted_is_never_revived(place):
    with place.start(seed()) as server:
        kms = server.service()
        blob = kms.encrypt(KeyId=KEY, Plaintext=b"x")["CiphertextBlob"]
        kms.schedule_key_deletion(KeyId=KEY, PendingWindowInDays=7)
        advance(place.data, "8d")
        kms.delete_alias(AliasName="alias/global")
        with refused("NotFoundException", kms.no_key(KEY)):
            kms.describe_key(KeyId=KEY)
    with place.start() as server:
        kms = server.service()
        with refused("NotFoundException", kms.no_key(KEY)):
            kms.describe_key(KeyId=KEY)
        with refused("AccessDeniedException", CIPHERTEXT_KEY_GONE):
            kms.decrypt(CiphertextBlob=blob)
        assert kms.entry("alias/ExampleAlias") is None
        assert kms.entry("alias/global") is None


def line_of(text, needle):
    return next(number for number, line in enumerate(text.splitlines(), 1) if needle in line)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("id", "not-an-id"),
        ("id", 5),
        ("enabled", "yes please"),
        ("key_material", ["%%%"]),
        ("key_material", [base64.b64encode(b"short").decode()]),
        ("aliases", ["no-prefix"]),
        ("aliases", ["alias/aws/s3"]),
        ("tags", {"aws:reserved": "x"}),
        ("key_spec", "ROT13"),
        ("multi_region", True),
        ("rotation_period_in_days", 89),
        ("rotation_period_in_days", "monthly"),
    ],
)
def test_a_seed_that_is_wrong_is_refused_with_file_line_and_reason(place, name, value):
    content = yaml.safe_dump(seed(**{name: value}), sort_keys=False)
    line, reason = place.refuses(content)
    # The line is one of the first key's, or the one that says the wrong thing.
    first, last = line_of(content, " keys:"), line_of(content, GLOBAL)
    assert first <= line <= last
    assert reason


def test_text_that_is_no_seed(place):
    for content in ("accounts: [", "- a list", "accounts:\n  '12': {}", "other: 1"):
        place.refuses(content)


def test_a_seed_that_is_not_there(place):
    said = strongroom("dev", "--listen", "127.0.0.1:0", "--data-dir", place.data,
                      "--seed", place.file, fails=True).stderr  # fmt: skip
    assert str(place.file) in said


def test_replicas_are_there_from_the_first_request_on(place):
    key = "mrk-" + "a" * 32
    text = seed(id=key, multi_region=True, replicas=["eu-west-1"], aliases=["alias/related"])
    with place.start(text) as server:
        here, there = server.service(), server.service(region="eu-west-1")
        blob = here.encrypt(KeyId="alias/related", Plaintext=b"x")["CiphertextBlob"]
        assert there.decrypt(CiphertextBlob=blob)["KeyId"] == there.key_arn(key)
        told = there.describe_key(KeyId=key)["KeyMetadata"]
        assert told["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    # What was deleted stays deleted.
    with place.start(text) as server:
        server.service(region="eu-west-1").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        server.advance("8d")
    with place.start(text) as server:
        with refused("NotFoundException"):
            server.service(region="eu-west-1").describe_key(KeyId=key)
        server.service().encrypt(KeyId=key, Plaintext=b"x")


# --- Keys that are not symmetric -------------------------------------------------------------------


def planted(*keys):
    """A seed of keys with ids that count up."""
    numbered = [
        {"id": f"00000000-0000-4000-8000-{number:012x}"} | key for number, key in enumerate(keys)
    ]
    return {"accounts": {ACCOUNT: {"regions": {"us-east-1": {"keys": numbered}}}}}


def named(spec, usage):
    return f"alias/{spec}-{usage}"


@pytest.mark.timeout(180)
def test_a_key_of_every_spec_and_usage_is_made_once_and_kept(place):
    here = [pair for pair in PAIRS if pair[0] != "SM2"]
    content = planted(*(
        {"key_spec": spec, "aliases": [named(spec, usage)]}
        # A usage need not be said where the spec has only one.
        | ({"key_usage": usage} if len(SPECS[spec]) > 1 else {})
        for spec, usage in here
    ))  # fmt: skip

    def state(server):
        kms, found = server.service(), {}
        for spec, usage in here:
            key = kms.describe_key(KeyId=named(spec, usage))["KeyMetadata"]
            assert (key["KeySpec"], key["KeyUsage"]) == (spec, usage)
            assert (key["KeyState"], key["Origin"]) == ("Enabled", "AWS_KMS")
            assert key[LISTS[usage]] == SPECS[spec][usage]
            if spec in SPKI:
                found[spec, usage] = kms.get_public_key(KeyId=key["KeyId"])["PublicKey"]
            elif spec in HMAC:
                (algorithm,) = SPECS[spec][usage]
                found[spec, usage] = kms.generate_mac(
                    KeyId=key["KeyId"], Message=b"x", MacAlgorithm=algorithm
                )["Mac"]
        return found

    with place.start(content) as server:
        first = state(server)
    with place.start() as server:
        assert state(server) == first
    assert len(set(first.values())) == len(first)


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P521", "ML_KEM_768", "HMAC_384"])
def test_a_key_for_imported_material_may_be_of_any_spec(place, spec):
    (usage, *_) = SPECS[spec]
    key = {"key_spec": spec, "key_usage": usage, "origin": "EXTERNAL", "aliases": ["alias/later"]}
    with place.start(planted(key)) as server:
        found = server.service().describe_key(KeyId="alias/later")["KeyMetadata"]
        assert (found["KeyState"], found["KeySpec"]) == ("PendingImport", spec)


def pkcs8_of(private):
    return base64.b64encode(pkcs8(private)).decode()


def test_material_of_an_external_key_is_there_at_once(place):
    private = ec.generate_private_key(ec.SECP256R1())
    key = {
        "key_spec": "ECC_NIST_P256", "key_usage": "KEY_AGREEMENT", "origin": "EXTERNAL",
        "key_material": [pkcs8_of(private)], "aliases": ["alias/agree"],
    }  # fmt: skip
    with place.start(planted(key)) as server:
        kms, peer = server.service(), ec.generate_private_key(ec.SECP256R1())
        made = kms.derive_shared_secret(
            KeyId="alias/agree", KeyAgreementAlgorithm="ECDH", PublicKey=spki(peer.public_key())
        )
        assert made["SharedSecret"] == peer.exchange(ec.ECDH(), private.public_key())
        assert made["KeyOrigin"] == "EXTERNAL"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ({"key_spec": "RSA_2048"}, "needs a `key_usage`: ENCRYPT_DECRYPT or SIGN_VERIFY"),
        ({"key_spec": "HMAC_256", "key_usage": "SIGN_VERIFY"}, "do not have the usage SIGN_VERIFY"),
        ({"key_spec": "HMAC_256", "rotation_period_in_days": 90}, "only symmetric keys rotate"),
        ({"origin": "EXTERNAL", "rotation_period_in_days": 90}, "does not rotate by itself"),
        ({"key_spec": "SM2", "key_usage": "SIGN_VERIFY"}, "the Region has no keys of spec SM2"),
        ({"key_spec": "HMAC_256", "key_material": ["c2hvcnQ="]}, "as many bytes as the MAC"),
        ({"key_spec": "ECC_NIST_P384", "key_usage": "SIGN_VERIFY",
          "key_material": [pkcs8_of(ec.generate_private_key(ec.SECP256R1()))]}, "PKCS#8 in DER"),
        ({"key_spec": "HMAC_256", "key_material": [base64.b64encode(bytes([n] * 32)).decode()
          for n in (1, 2)]}, "only symmetric encryption keys have more than one"),
    ],
    ids=["no usage", "usage", "rotation", "imported rotation", "sm2", "length", "curve", "two"],
)  # fmt: skip
def test_a_key_that_cannot_be_is_refused_with_its_line_and_reason(place, key, reason):
    line, said = place.refuses(planted(key))
    assert line > 1
    assert reason in said
    for material in key.get("key_material", []):
        assert material not in said


def test_a_key_of_another_spec_is_another_key(place):
    key = {"key_spec": "ECC_NIST_P256", "key_usage": "SIGN_VERIFY"}
    with place.start(planted(key)):
        pass
    _, said = place.refuses(planted(key | {"key_spec": "ECC_NIST_P384"}))
    assert "another key spec" in said
    _, said = place.refuses(planted(key | {"key_usage": "KEY_AGREEMENT"}))
    assert "another key usage" in said


# --- The clock -----------------------------------------------------------------------------------


def advance(data, span):
    return strongroom("clock", "advance", span, "--data-dir", data)


def test_domain_keys_are_replaced_after_their_time_and_nobody_notices(tmp_path):
    data = tmp_path / "data"
    with Server.dev(data, "--domain-key-days", "10") as server:
        kms = server.service()
        blobs = {}
        for _ in range(5):
            key = kms.key()
            blobs[key.arn] = kms.encrypt(KeyId=key.id, Plaintext=b"kept")["CiphertextBlob"]
        advance(data, "9d")
        assert not events(data, "RotateDomainKey")
        for _ in range(3):
            # Each time the service tidies once: a new version, a look for what is left, the end.
            advance(data, "1d")
        assert len(events(data, "RotateDomainKey")) == 1
        [destroyed] = events(data, "DestroyDomainKey")
        [row] = [row for row in destroyed["rows"] if row["tag"] is None]
        assert row["key"] == "custody/domain/111122223333/us-east-1/0000000001"
        for arn, blob in blobs.items():
            assert kms.decrypt(CiphertextBlob=blob)["KeyId"] == arn
    with Server.dev(data) as server:
        for arn, blob in blobs.items():
            assert server.service().decrypt(CiphertextBlob=blob)["KeyId"] == arn
    verified = strongroom("store", "verify", "--data-dir", data)
    assert verified.stdout.startswith("clean")


def events(data, name):
    entries = map(json.loads, journal(data))
    return [entry for entry in entries if entry["eventName"] == name]


def test_a_week_goes_by_in_a_moment(tmp_path):
    data = tmp_path / "data"
    with Server.dev(data) as server:
        kms = server.service()
        key, stays = kms.key(), kms.key()
        name, moved = kms.alias(key), kms.alias(key)
        blob = kms.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
        kms.update_alias(AliasName=moved, TargetKeyId=stays.id)
        advance(data, "6d")
        assert kms.state(key) == "PendingDeletion"
        advance(data, "23h")
        advance(data, "50m")
        assert kms.state(key) == "PendingDeletion"
        advance(data, "15m")
        with refused("NotFoundException", kms.no_key(key.id)):
            kms.describe_key(KeyId=key.id)
        with refused("NotFoundException", kms.no_key(key.id)):
            kms.cancel_key_deletion(KeyId=key.id)
        with refused("AccessDeniedException", CIPHERTEXT_KEY_GONE):
            kms.decrypt(CiphertextBlob=blob)
        with refused("NotFoundException", kms.no_alias(name)):
            kms.describe_key(KeyId=name)
        assert [entry["KeyId"] for entry in kms.list_keys()["Keys"]] == [stays.id]
        assert [entry["AliasName"] for entry in kms.list_aliases()["Aliases"]] == [moved]
        # The name can be given again at once.
        kms.create_alias(AliasName=name, TargetKeyId=stays.id)
        # Signatures keep the time of the wall: boto3's calls still come in; what is stored does not.
        created = kms.key().metadata["CreationDate"]
        ahead = created - datetime.datetime.now(datetime.UTC)
        assert datetime.timedelta(days=6, hours=23) < ahead < datetime.timedelta(days=7, hours=1)
    # The offset is kept with the data.
    with Server.dev(data) as server:
        kms = server.service()
        with refused("NotFoundException", kms.no_key(key.id)):
            kms.describe_key(KeyId=key.id)
        assert kms.key().metadata["CreationDate"] >= created


def test_listings_skip_keys_that_lapsed_between_pages(tmp_path):
    data = tmp_path / "data"
    with Server.dev(data) as server:
        kms = server.service()
        keys = sorted(kms.key().id for _ in range(12))
        aliases = {}
        for key in keys:
            name = fresh_name()
            kms.create_alias(AliasName=name, TargetKeyId=key)
            aliases[name] = key
        page = kms.list_keys(Limit=4)
        alias_page = kms.list_aliases(Limit=4)
        for gone in keys[3:6]:
            kms.schedule_key_deletion(KeyId=gone, PendingWindowInDays=7)
        advance(data, "8d")
        rest, marker = [], page["NextMarker"]
        while marker:
            more = kms.list_keys(Limit=4, Marker=marker)
            rest += [entry["KeyId"] for entry in more["Keys"]]
            marker = more.get("NextMarker")
        assert rest == keys[6:]
        gone = {name for name, key in aliases.items() if key in keys[3:6]}
        seen = {entry["AliasName"] for entry in alias_page["Aliases"]} - gone
        marker = alias_page["NextMarker"]
        while marker:
            more = kms.list_aliases(Limit=4, Marker=marker)
            seen |= {entry["AliasName"] for entry in more["Aliases"]}
            marker = more.get("NextMarker")
        assert seen == set(aliases) - gone
        assert len(pages(kms, "list_keys", "Keys")) == 9


def test_a_server_may_start_ahead_of_time(tmp_path):
    with Server.dev(tmp_path / "data", "--clock-offset", "30d") as server:
        created = server.service().key().metadata["CreationDate"]
        ahead = created - datetime.datetime.now(datetime.UTC)
        assert abs(ahead - datetime.timedelta(days=30)) < datetime.timedelta(minutes=1)


def test_a_span_that_is_none_is_refused(server):
    for span in ("", "8", "d", "-1d", "1 fortnight"):
        strongroom("clock", "advance", span, "--data-dir", server.data_dir, fails=True)


def test_without_a_server_or_its_folder_there_is_no_clock_to_move(tmp_path):
    assert strongroom("clock", "advance", "1d", "--data-dir", tmp_path / "none", fails=True).stderr


def test_seeds_and_clocks_are_for_dev_only(tmp_path):
    seal = f"key-file={tmp_path}/seal.key"
    init(tmp_path / "data", seal)
    common = ["serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path / "data", "--seal", seal]
    (tmp_path / "seed.yaml").write_text(yaml.safe_dump(seed()))
    for forbidden in (["--seed", tmp_path / "seed.yaml"], ["--clock-offset", "1d"]):
        strongroom(*common, *forbidden, fails=True)
    with Server.serve(tmp_path / "data", seal):
        said = strongroom("clock", "advance", "1d", "--data-dir", tmp_path / "data", fails=True)
        assert "dev" in said.stderr


def test_in_memory_leaves_nothing_behind(tmp_path):
    with Server(["dev", "--listen", "127.0.0.1:0", "--in-memory"], tmp_path / "logs",
                cwd=tmp_path) as server:  # fmt: skip
        kms = server.service()
        name = kms.alias(kms.key())
        blob = kms.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert [path.name for path in pathlib.Path(tmp_path).iterdir()] == ["logs"]
