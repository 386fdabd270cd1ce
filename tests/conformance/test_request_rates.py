"""How often an account may call (operations.md §9.2, custody-and-audit.md §7.6)."""

import json

import httpx
import pytest
from key_stores import CLUSTER, PIN, Outside, connect, external_key, external_store, fresh_name
from support import ACCOUNT, Server, boto_client, init, journal, refused, strongroom

TEXT = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
# One call, and the next after a quarter of an hour: no test is slow enough to be let in again.
RARELY = "0.001"


def throttled():
    return refused("ThrottlingException", TEXT, 400)


@pytest.fixture
def limited(tmp_path):
    """A server with the given rates and no others."""
    started = []

    def start(*rates, environment=None):
        arguments = [word for rate in rates for word in ("--request-rate", rate)]
        server = Server.dev(tmp_path / f"data{len(started)}", *arguments, environment=environment)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def test_an_account_is_throttled_alone_and_in_one_region(limited):
    server = limited(f"ListKeys={RARELY}")
    kms = server.client()
    kms.list_keys()
    with throttled():
        kms.list_keys()
    server.client(region="eu-west-1").list_keys()
    server.client(account="444455556666").list_keys()
    kms.list_aliases()
    with throttled():
        kms.list_keys()


def test_a_burst_of_one_second_is_let_through(limited):
    kms = limited("CreateKey=5").client()
    for _ in range(5):
        kms.create_key()
    # A server that is as slow as one key in 200 ms never throttles; this one is quicker.
    with throttled():
        for _ in range(50):
            kms.create_key()


def test_sdks_try_again_and_succeed(limited):
    server = limited("CreateKey=5")
    retries = {"mode": "standard", "total_max_attempts": 10}
    kms = boto_client("kms", server.endpoint, ACCOUNT, retries=retries)
    for _ in range(8):
        kms.create_key()


def test_groups_are_shared_by_their_operations(limited):
    server = limited(f"symmetric={RARELY}", f"rsa={RARELY}", f"ecc={RARELY}")
    kms = server.client()
    rsa = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    ecc = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.generate_random(NumberOfBytes=8)
    with throttled():
        kms.encrypt(KeyId=key, Plaintext=b"x")
    with throttled():
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    for key, algorithm in ((rsa, "RSASSA_PSS_SHA_256"), (ecc, "ECDSA_SHA_256")):
        signature = kms.sign(KeyId=key, Message=b"m", SigningAlgorithm=algorithm)["Signature"]
        with throttled():
            kms.verify(KeyId=key, Message=b"m", SigningAlgorithm=algorithm, Signature=signature)
    kms.describe_key(KeyId=key)


def test_key_pairs_are_counted_by_spec_with_plaintext_and_without(limited):
    kms = limited(f"ECC_NIST_P256={RARELY}").client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    with throttled():
        kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_P384")


def test_the_caller_pays_for_keys_of_others(limited):
    server = limited(f"symmetric={RARELY}")
    owner, caller = server.client(), server.client(account="444455556666")
    key = owner.create_key()["KeyMetadata"]["Arn"]
    caller.encrypt(KeyId=key, Plaintext=b"x")
    with throttled():
        caller.encrypt(KeyId=key, Plaintext=b"x")
    owner.encrypt(KeyId=key, Plaintext=b"x")


def test_replicas_count_as_two_keys_where_they_are_made(limited):
    server = limited(f"CreateKey={RARELY}")
    key = server.client().create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    server.client().replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    with throttled():
        server.client(region="eu-west-1").create_key()
    server.client(region="eu-west-2").create_key()


def test_nothing_is_looked_up_or_done_for_a_throttled_call(limited):
    server = limited(f"DescribeKey={RARELY}", f"CreateKey={RARELY}")
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with throttled():
        kms.create_key()
    assert len(kms.list_keys()["Keys"]) == 1
    kms.describe_key(KeyId=key)
    with throttled():
        kms.describe_key(KeyId="00000000-0000-4000-8000-000000000000")


def test_throttled_calls_are_recorded(limited):
    server = limited(f"DescribeKey={RARELY}")
    kms = server.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId=key)
    with throttled() as caught:
        kms.describe_key(KeyId=key)
    request_id = caught.value.response["ResponseMetadata"]["RequestId"]
    entries = [json.loads(line) for line in journal(server.data_dir)]
    (entry,) = [entry for entry in entries if entry.get("requestID") == request_id]
    assert entry["eventName"] == "DescribeKey"
    assert entry["errorCode"] == "ThrottlingException"
    assert entry["errorMessage"] == TEXT
    assert entry["requestParameters"] == {"keyId": key}


def test_a_custom_key_store_is_asked_so_often_by_everybody_together(tmp_path):
    with Outside(tmp_path, "--request-rate", f"custom-key-store={RARELY}") as outside:
        kms = outside.server.service()
        store = external_store(kms)
        key, inside = external_key(kms, store), kms.key()
        blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
        asked = len(outside.proxy.requests())
        for call, parameters in (
            (kms.encrypt, {"KeyId": key.id, "Plaintext": b"x"}),
            (kms.decrypt, {"CiphertextBlob": blob}),
            (kms.generate_data_key, {"KeyId": key.id, "KeySpec": "AES_256"}),
            (kms.re_encrypt, {"CiphertextBlob": blob, "DestinationKeyId": inside.id}),
        ):
            with throttled():
                call(**parameters)
        # Another account pays into its own buckets, and takes from the same store's.
        with throttled():
            outside.server.service("444455556666").encrypt(KeyId=key.arn, Plaintext=b"x")
        assert asked > 0 and outside.proxy.requests() == []
        # What is refused for another reason costs nothing, and what asks no store is free.
        kms.describe_key(KeyId=key.id)
        kms.encrypt(KeyId=inside.id, Plaintext=b"x")
        with refused("DryRunOperationException"):
            kms.encrypt(KeyId=key.id, Plaintext=b"x", DryRun=True)
        kms.disable_key(KeyId=key.id)
        with refused("DisabledException"):
            kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_each_custom_key_store_has_a_rate_of_its_own(tmp_path):
    arguments = ("--request-rate", f"custom-key-store={RARELY}", "--metrics-listen", "127.0.0.1:0")
    with Outside(tmp_path, *arguments) as outside:
        kms = outside.server.service()
        parameters = {"CloudHsmClusterId": CLUSTER, "KeyStorePassword": PIN}
        hsm = kms.create_custom_key_store(
            CustomKeyStoreName=fresh_name(), TrustAnchorCertificate=outside.anchor, **parameters
        )["CustomKeyStoreId"]
        connect(kms, hsm)
        kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=hsm)
        for _ in range(2):
            with throttled():
                kms.generate_random(NumberOfBytes=8, CustomKeyStoreId=hsm)
        store = external_store(kms)
        kms.encrypt(KeyId=external_key(kms, store).id, Plaintext=b"x")
        page = httpx.get(outside.server.printed("metrics")).text
    assert f'strongroom_custom_key_store_throttled_total{{store="{hsm}"}} 2\n' in page
    assert 'strongroom_throttled_requests_total{scope="custom-key-store"} 2\n' in page


def test_dev_has_no_limits_unless_it_is_told_and_then_those_of_aws(tmp_path):
    with Server.dev(tmp_path / "a", environment={"STRONGROOM_REQUEST_RATES": None}) as server:
        kms = server.client()
        for _ in range(30):
            kms.describe_custom_key_stores()
    with Server.dev(tmp_path / "b", "--request-rates", "aws") as server:
        kms = server.client()
        with throttled():
            for _ in range(60):
                kms.describe_custom_key_stores()


def test_serve_has_those_of_aws_unless_it_is_told(tmp_path):
    seal = f"key-file={tmp_path / 'seal.key'}"
    made = init(tmp_path / "data", seal, "--region", "us-east-1")

    def client(server):
        key, secret = made["access_key_id"], made["secret_access_key"]
        return boto_client("kms", server.endpoint, key, "us-east-1", secret)

    plain = {"STRONGROOM_REQUEST_RATES": None}
    with Server.serve(tmp_path / "data", seal, environment=plain) as server:
        with throttled():
            for _ in range(60):
                client(server).describe_custom_key_stores()
    rate = ("--request-rate", "DescribeCustomKeyStores=off")
    with Server.serve(tmp_path / "data", seal, *rate, environment=plain) as server:
        for _ in range(30):
            client(server).describe_custom_key_stores()


def test_a_rate_that_is_none_is_refused_at_the_start():
    for rate, said in (
        ("Encrypt=5", "no group of operations `Encrypt`"),
        ("CreateKey=many", "GROUP=N"),
    ):
        refusal = strongroom("dev", "--in-memory", "--request-rate", rate, fails=True)
        assert said in refusal.stderr, refusal.stderr
