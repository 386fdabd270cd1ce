//! What entries say of representative calls, to the byte or to the member.

use std::{net::Ipv6Addr, sync::Arc};

use serde_json::{Value, json};
use strongroom_auth::{AccessKeyId, Caller};
use strongroom_crypto::MaterialId;
use strongroom_model::{
    AccountId, GrantToken, KeyId, Partition, Plaintext, Region, SecretText, Timestamp,
    enums::{GrantOperation, KeyState, XksProxyConnectivityType},
    errors::ErrorCode,
    operations::{Input, Operation},
    shapes::{
        CreateCustomKeyStoreRequest, CreateGrantRequest, CreateGrantResponse, CreateKeyRequest,
        CreateKeyResponse, DecryptRequest, EncryptRequest, GrantConstraints, KeyMetadata,
        PutKeyPolicyRequest, ReEncryptRequest, RecipientInfo, ReplicateKeyRequest,
        ReplicateKeyResponse, RetireGrantRequest, ScheduleKeyDeletionRequest,
        ScheduleKeyDeletionResponse, Tag, UpdatePrimaryRegionRequest,
        XksProxyAuthenticationCredentialType,
    },
};
use strongroom_store::EntryBytes;

use super::*;
use crate::{error::KmsError, layout::Home};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER: &str = "arn:aws:kms:us-east-1:111122223333:key/22222222-12ab-34cd-56ef-1234567890ab";
const FOREIGN: &str = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// May 21, 2025, 5:47:45 AM.
const NOW: Timestamp = Timestamp::from_millis(1_747_806_465_999);

fn account() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

fn entry() -> Entry {
    entry_from("a client")
}

fn entry_from(user_agent: &str) -> Entry {
    let id = AccessKeyId::parse("AKIDSTRONGROOM000001").unwrap();
    let arrival = Arrival {
        request_id: RequestId::new([7; 16]),
        source: Ipv6Addr::LOCALHOST.into(),
        user_agent: Some(user_agent.to_owned()),
        tls: Some(TlsDetails {
            version: "TLSv1.3",
            cipher_suite: "TLS_AES_128_GCM_SHA256".to_owned(),
            key_exchange: Some("X25519MLKEM768".to_owned()),
        }),
        host: Some("kms.us-east-1.example.com:8443".to_owned()),
    };
    let caller = Caller::root(account(), Partition::Aws, id);
    let region = Region::parse("us-east-1").unwrap();
    Entry::new(Arc::new(caller), region, arrival, NOW)
}

/// Has the entry know of a key.
fn touch(entry: &Entry, arn: &str) {
    let parts: Vec<&str> = arn.split(':').collect();
    let home = Home {
        account: AccountId::parse(parts[4]).unwrap(),
        region: Region::parse(parts[3]).unwrap(),
    };
    entry.touch(Kind::Key, &arn.into(), &home);
}

fn bytes(entry: &Entry, input: &Input, error: Option<&KmsError>) -> Vec<EntryBytes> {
    let outcome = Outcome {
        operation: input.operation(),
        input: Some(input),
        error,
    };
    entry.close(&outcome, &[], NOW).into_iter().collect()
}

fn read(entry: &EntryBytes) -> Value {
    let value: Value = serde_json::from_slice(entry.as_bytes()).unwrap();
    // Whatever it says, it says it in canonical form.
    assert_eq!(*entry, EntryBytes::from_value(&value).unwrap());
    value
}

fn events(entry: &Entry, input: &Input) -> Vec<Value> {
    bytes(entry, input, None).iter().map(read).collect()
}

fn event(entry: &Entry, input: &Input) -> Value {
    let mut events = events(entry, input);
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn material(byte: u8) -> Option<MaterialId> {
    Some(MaterialId::from_bytes([byte; 32]))
}

fn encrypt() -> EncryptRequest {
    EncryptRequest {
        dry_run: None,
        encryption_algorithm: None,
        encryption_context: Some(
            [("b", "2"), ("a", "\"1\"")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into_iter()
                .collect(),
        ),
        grant_tokens: Some(vec![GrantToken::new("hush".to_owned())]),
        key_id: "alias/app".to_owned(),
        plaintext: Plaintext::new(b"hush".to_vec()),
    }
}

fn metadata() -> KeyMetadata {
    KeyMetadata {
        aws_account_id: Some("111122223333".to_owned()),
        arn: Some(KEY.to_owned()),
        creation_date: Some(NOW),
        enabled: Some(true),
        key_id: "1234abcd-12ab-34cd-56ef-1234567890ab".to_owned(),
        key_state: Some(KeyState::Enabled),
        ..KeyMetadata::default()
    }
}

#[test]
fn an_entry_is_the_canonical_form_of_what_it_says() {
    let entry = entry();
    for _ in 0..2 {
        touch(&entry, KEY);
        entry.permitted_by("key policy");
    }
    entry.used(material(0xab));
    let expected = json!({
        "additionalEventData": {"keyMaterialId": "ab".repeat(32)},
        "awsRegion": "us-east-1",
        "eventCategory": "Management",
        "eventID": "5d5d5d5d-5d5d-4d5d-9d5d-5d5d5d5d5d5d",
        "eventName": "Encrypt",
        "eventSource": "kms.amazonaws.com",
        "eventTime": "2025-05-21T05:47:45Z",
        "eventType": "AwsApiCall",
        "eventVersion": "1.11",
        "grounds": ["key policy"],
        "managementEvent": true,
        "readOnly": true,
        "recipientAccountId": "111122223333",
        "requestID": "07070707-0707-4707-8707-070707070707",
        "requestParameters": {
            "encryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "encryptionContext": {"a": "\"1\"", "b": "2"},
            "keyId": "alias/app",
        },
        "resources": [{"ARN": KEY, "accountId": "111122223333", "type": "AWS::KMS::Key"}],
        "responseElements": null,
        "sourceIPAddress": "::1",
        "tlsDetails": {
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": "kms.us-east-1.example.com:8443",
            "keyExchange": "X25519MLKEM768",
            "tlsVersion": "TLSv1.3",
        },
        "userAgent": "a client",
        "userIdentity": {
            "accessKeyId": "AKIDSTRONGROOM000001",
            "accountId": "111122223333",
            "arn": "arn:aws:iam::111122223333:root",
            "principalId": "111122223333",
            "type": "Root",
        },
    });
    assert_eq!(event(&entry, &Input::Encrypt(encrypt())), expected);
}

#[test]
fn what_strangers_send_is_escaped() {
    for text in ["\"", "\\", "\n\u{1}", "ä\u{7f}", "}{,"] {
        let request = EncryptRequest {
            key_id: text.to_owned(),
            ..encrypt()
        };
        let read = event(&entry_from(text), &Input::Encrypt(request));
        assert_eq!(read["userAgent"], text);
        assert_eq!(read["requestParameters"]["keyId"], text);
    }
}

#[test]
fn decrypt_names_the_key_by_its_arn_and_the_enclave_by_its_image() {
    let entry = entry();
    touch(&entry, KEY);
    entry.used(material(1));
    entry.hand_to("i-1-enc1", Some(&[0xee; 2]));
    entry.add("xksKeyId", "x".to_owned());
    entry.add("customKeyStoreName", "not in the row".to_owned());
    let request = DecryptRequest {
        ciphertext_blob: Some(b"hush".to_vec()),
        key_id: Some("alias/app".to_owned()),
        recipient: Some(RecipientInfo {
            attestation_document: Some(b"hush".to_vec()),
            key_encryption_algorithm: None,
        }),
        ..DecryptRequest::default()
    };
    let event = event(&entry, &Input::Decrypt(request));
    assert_eq!(
        event["requestParameters"],
        json!({"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "keyId": KEY})
    );
    assert_eq!(
        event["additionalEventData"],
        json!({
            "keyMaterialId": "01".repeat(32),
            "recipient": {
                "attestationDocumentEnclaveImageDigest": "eeee",
                "attestationDocumentModuleId": "i-1-enc1",
            },
            "xksKeyId": "x",
        })
    );
    // Before the key is found, it is named as the caller named it.
    let request = DecryptRequest {
        key_id: Some("alias/app".to_owned()),
        ..DecryptRequest::default()
    };
    let event = self::event(&self::entry(), &Input::Decrypt(request));
    assert_eq!(event["requestParameters"]["keyId"], "alias/app");
    assert!(event.get("additionalEventData").is_none());
    assert!(event.get("resources").is_none());
}

#[test]
fn re_encrypt_names_both_keys_and_their_materials() {
    let entry = entry();
    touch(&entry, KEY);
    touch(&entry, OTHER);
    // The source has one material only, which has no id to tell.
    entry.used(None);
    entry.used(material(2));
    let request = ReEncryptRequest {
        ciphertext_blob: Some(b"hush".to_vec()),
        destination_encryption_algorithm: None,
        destination_encryption_context: None,
        destination_key_id: OTHER.to_owned(),
        dry_run: None,
        dry_run_modifiers: None,
        grant_tokens: None,
        source_encryption_algorithm: None,
        source_encryption_context: None,
        source_key_id: None,
    };
    let event = event(&entry, &Input::ReEncrypt(request));
    assert_eq!(
        event["requestParameters"],
        json!({
            "destinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "destinationKeyId": OTHER,
            "sourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "sourceKeyId": KEY,
        })
    );
    assert_eq!(
        event["additionalEventData"],
        json!({"destinationKeyMaterialId": "02".repeat(32)})
    );
    assert_eq!(event["resources"][0]["ARN"], KEY);
    assert_eq!(event["resources"][1]["ARN"], OTHER);
}

#[test]
fn a_grant_is_told_without_its_token() {
    let entry = entry();
    touch(&entry, KEY);
    entry.tell(&CreateGrantResponse {
        grant_id: Some("g".to_owned()),
        grant_token: Some(GrantToken::new("hush".to_owned())),
    });
    let request = CreateGrantRequest {
        constraints: Some(GrantConstraints {
            encryption_context_subset: encrypt().encryption_context,
            ..GrantConstraints::default()
        }),
        dry_run: Some(false),
        grant_tokens: Some(vec![GrantToken::new("hush".to_owned())]),
        grantee_principal: Some("arn:aws:iam::111122223333:user/alice".to_owned()),
        grantee_service_principal: None,
        key_id: KEY.to_owned(),
        name: None,
        operations: vec![GrantOperation::Encrypt, GrantOperation::Decrypt],
        retiring_principal: None,
        retiring_service_principal: None,
    };
    let input = Input::CreateGrant(request);
    let event = event(&entry, &input);
    assert_eq!(
        event["requestParameters"],
        json!({
            "constraints": {"encryptionContextSubset": {"a": "\"1\"", "b": "2"}},
            "granteePrincipal": "arn:aws:iam::111122223333:user/alice",
            "keyId": KEY,
            "operations": ["Encrypt", "Decrypt"],
        })
    );
    assert_eq!(
        event["responseElements"],
        json!({"grantId": "g", "keyId": KEY})
    );
    assert_eq!(event["readOnly"], false);
    // What fails has no response.
    let error = KmsError::dry_run();
    let failed = read(&bytes(&entry, &input, Some(&error))[0]);
    assert_eq!(failed["responseElements"], Value::Null);
    assert_eq!(failed["errorCode"], "DryRunOperationException");
}

#[test]
fn a_new_key_is_told_with_all_its_metadata() {
    let entry = entry();
    touch(&entry, KEY);
    entry.add("backingKey", r#"{"backingKeyId":"1"}"#.to_owned());
    entry.tell(&CreateKeyResponse {
        key_metadata: Some(Box::new(metadata())),
    });
    let request = CreateKeyRequest {
        policy: Some("{ }".to_owned()),
        tags: Some(vec![Tag {
            tag_key: "k".to_owned(),
            tag_value: String::new(),
        }]),
        ..CreateKeyRequest::default()
    };
    let event = event(&entry, &Input::CreateKey(request));
    assert_eq!(
        event["requestParameters"],
        json!({"policy": "{ }", "tags": [{"tagKey": "k", "tagValue": ""}]})
    );
    assert_eq!(
        event["responseElements"],
        json!({"keyMetadata": {
            "aWSAccountId": "111122223333",
            "arn": KEY,
            "creationDate": "May 21, 2025, 5:47:45 AM",
            "enabled": true,
            "keyId": "1234abcd-12ab-34cd-56ef-1234567890ab",
            "keyState": "Enabled",
        }})
    );
    let backing = r#"{"backingKeyId":"1"}"#;
    assert_eq!(event["additionalEventData"], json!({"backingKey": backing}));
}

#[test]
fn a_deletion_is_told_with_its_date() {
    let entry = entry();
    touch(&entry, KEY);
    entry.tell(&ScheduleKeyDeletionResponse {
        deletion_date: Some(NOW.plus_days(7)),
        key_id: Some(KEY.to_owned()),
        key_state: Some(KeyState::PendingDeletion),
        pending_window_in_days: Some(7),
    });
    let request = ScheduleKeyDeletionRequest {
        key_id: "1234abcd-12ab-34cd-56ef-1234567890ab".to_owned(),
        pending_window_in_days: Some(7),
    };
    let event = event(&entry, &Input::ScheduleKeyDeletion(request));
    assert_eq!(
        event["responseElements"],
        json!({
            "deletionDate": "May 28, 2025, 5:47:45 AM",
            "keyId": KEY,
            "keyState": "PendingDeletion",
            "pendingWindowInDays": 7,
        })
    );
}

#[test]
fn a_grant_that_is_retired_by_its_token_has_no_parameters() {
    let entry = entry();
    touch(&entry, KEY);
    entry.add("grantId", "g".to_owned());
    let request = RetireGrantRequest {
        grant_token: Some(GrantToken::new("hush".to_owned())),
        ..RetireGrantRequest::default()
    };
    let event = event(&entry, &Input::RetireGrant(request));
    assert_eq!(event["requestParameters"], Value::Null);
    assert_eq!(event["responseElements"], json!({"keyId": KEY}));
    assert_eq!(event["additionalEventData"], json!({"grantId": "g"}));
}

#[test]
fn a_custom_key_store_is_told_without_its_secrets() {
    let hush = || SecretText::new("hush".to_owned());
    let request = CreateCustomKeyStoreRequest {
        cloud_hsm_cluster_id: Some("cluster-1a23b4cdefg".to_owned()),
        custom_key_store_name: "store".to_owned(),
        custom_key_store_type: None,
        key_store_password: None,
        trust_anchor_certificate: Some("hush".to_owned()),
        xks_proxy_authentication_credential: Some(XksProxyAuthenticationCredentialType {
            access_key_id: SecretText::new("ABCDE".to_owned()),
            raw_secret_access_key: hush(),
        }),
        xks_proxy_connectivity: Some(XksProxyConnectivityType::PublicEndpoint),
        xks_proxy_uri_endpoint: None,
        xks_proxy_uri_path: None,
        xks_proxy_vpc_endpoint_service_name: None,
        xks_proxy_vpc_endpoint_service_owner: None,
    };
    let event = event(&entry(), &Input::CreateCustomKeyStore(request));
    assert_eq!(
        event["requestParameters"],
        json!({
            "clusterId": "cluster-1a23b4cdefg",
            "customKeyStoreName": "store",
            "xksProxyAuthenticationCredential": {"accessKeyId": "ABCDE"},
            "xksProxyConnectivity": "PUBLIC_ENDPOINT",
        })
    );
    assert_eq!(event["responseElements"], Value::Null);
}

#[test]
fn the_owner_of_a_key_that_another_account_used_is_told_too() {
    let entry = entry();
    touch(&entry, KEY);
    touch(&entry, FOREIGN);
    entry.used(material(1));
    let [mine, theirs] = &events(&entry, &Input::Encrypt(encrypt()))[..] else {
        panic!("not two events");
    };
    assert_eq!(mine["recipientAccountId"], "111122223333");
    assert_eq!(theirs["recipientAccountId"], "444455556666");
    assert_eq!(mine["sharedEventID"], theirs["sharedEventID"]);
    assert_ne!(mine["eventID"], theirs["eventID"]);
    assert_eq!(mine["requestID"], theirs["requestID"]);
    assert_eq!(mine["requestParameters"], theirs["requestParameters"]);
    assert_eq!(mine["resources"][1]["ARN"], FOREIGN);
    assert_eq!(
        theirs["resources"],
        json!([{"ARN": FOREIGN, "accountId": "444455556666", "type": "AWS::KMS::Key"}])
    );
    assert_eq!(
        theirs["userIdentity"],
        json!({"accountId": "111122223333", "principalId": "111122223333", "type": "AWSAccount"})
    );
}

#[test]
fn the_owner_of_a_key_is_not_told_of_a_denial() {
    let entry = entry();
    touch(&entry, FOREIGN);
    let input = Input::Encrypt(encrypt());
    let error = KmsError::new(ErrorCode::AccessDeniedException, "No.".to_owned());
    let denied = bytes(&entry, &input, Some(&error));
    assert_eq!(denied.len(), 1);
    let denied = read(&denied[0]);
    assert_eq!(denied["errorCode"], "AccessDenied");
    assert_eq!(denied["errorMessage"], "No.");
    assert!(denied.get("sharedEventID").is_none());
    // Of another failure it is.
    let error = KmsError::invalid_ciphertext();
    assert_eq!(bytes(&entry, &input, Some(&error)).len(), 2);
}

#[test]
fn a_replica_is_told_in_its_region_as_a_new_key() {
    let replica = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    let entry = entry();
    touch(&entry, KEY);
    let metadata = KeyMetadata {
        arn: Some(replica.to_owned()),
        ..metadata()
    };
    let there = Home {
        account: account(),
        region: Region::parse("eu-west-1").unwrap(),
    };
    entry.tell_replica(&there, replica.into(), &metadata);
    entry.tell(&ReplicateKeyResponse {
        replica_key_metadata: Some(Box::new(metadata)),
        replica_policy: Some("{}".to_owned()),
        replica_tags: None,
    });
    let request = ReplicateKeyRequest {
        bypass_policy_lockout_safety_check: None,
        description: Some("d".to_owned()),
        key_id: KEY.to_owned(),
        policy: None,
        replica_region: "eu-west-1".to_owned(),
        tags: None,
    };
    let [here, there] = &events(&entry, &Input::ReplicateKey(request))[..] else {
        panic!("not two events");
    };
    assert_eq!(here["eventName"], "ReplicateKey");
    assert_eq!(here["awsRegion"], "us-east-1");
    assert_eq!(here["resources"][0]["ARN"], KEY);
    assert_eq!(
        here["responseElements"]["replicaKeyMetadata"]["arn"],
        replica
    );
    assert_eq!(here["responseElements"]["replicaPolicy"], "{}");
    assert_eq!(there["eventName"], "CreateKey");
    assert_eq!(there["awsRegion"], "eu-west-1");
    assert_eq!(there["resources"][0]["ARN"], replica);
    assert_eq!(there["responseElements"]["keyMetadata"]["arn"], replica);
    assert_eq!(
        there["requestParameters"],
        json!({"description": "d", "multiRegion": true})
    );
    assert_ne!(here["eventID"], there["eventID"]);
    assert!(here.get("sharedEventID").is_none());
}

#[test]
fn both_regions_are_told_of_a_new_primary() {
    let there = KEY.replace("us-east-1", "eu-west-1");
    let entry = entry();
    touch(&entry, KEY);
    touch(&entry, &there);
    let request = UpdatePrimaryRegionRequest {
        key_id: KEY.to_owned(),
        primary_region: "eu-west-1".to_owned(),
    };
    let input = Input::UpdatePrimaryRegion(request);
    let [first, second] = &events(&entry, &input)[..] else {
        panic!("not two events");
    };
    for (event, region, arn) in [(first, "us-east-1", KEY), (second, "eu-west-1", &there)] {
        assert_eq!(event["eventName"], "UpdatePrimaryRegion");
        assert_eq!(event["awsRegion"], region);
        assert_eq!(event["responseElements"], Value::Null);
        let resource = json!([{"ARN": arn, "accountId": "111122223333", "type": "AWS::KMS::Key"}]);
        assert_eq!(event["resources"], resource);
    }
    let error = KmsError::invalid_ciphertext();
    assert_eq!(bytes(&entry, &input, Some(&error)).len(), 1);
}

#[test]
fn parameters_beyond_cloudtrails_limit_are_left_out() {
    let policy = |length: usize| {
        let request = PutKeyPolicyRequest {
            bypass_policy_lockout_safety_check: None,
            key_id: String::new(),
            policy: "x".repeat(length),
            policy_name: None,
        };
        event(&entry(), &Input::PutKeyPolicy(request))["requestParameters"].clone()
    };
    let around = r#"{"keyId":"","policy":""}"#.len();
    let fits = 100 * 1024 - around;
    assert_eq!(policy(fits)["policy"].as_str().unwrap().len(), fits);
    assert_eq!(
        policy(fits + 1),
        json!({
            "omitted": true,
            "originalSize": 100 * 1024 + 1,
            "reason": "requestParameters too large",
        })
    );
}

#[test]
fn what_did_not_decode_has_no_parameters() {
    let outcome = Outcome {
        operation: Operation::Encrypt,
        input: None,
        error: Some(&KmsError::validation("No.")),
    };
    let mut events = entry().close(&outcome, &[], NOW).into_iter();
    let event = read(&events.next().unwrap());
    assert_eq!(event["requestParameters"], Value::Null);
    assert_eq!(event["errorCode"], "ValidationException");
    let unknown = read(&entry().body("Unknown", true, None, NOW));
    assert_eq!(unknown["requestParameters"], Value::Null);
}

#[test]
fn a_service_event_is_told_as_of_nobody() {
    let home = Home {
        account: account(),
        region: Region::parse("us-east-1").unwrap(),
    };
    let id = KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap();
    let event = ServiceEvent::new("DeleteKey", [7; 16], NOW, &home, Some(id))
        .answering_key()
        .adding("clusterId", "c")
        .with("keyId", "k");
    assert_eq!(
        read(&event.body(&[])),
        json!({
            "additionalEventData": {"clusterId": "c"},
            "awsRegion": "us-east-1",
            "eventCategory": "Management",
            "eventID": "07070707-0707-4707-8707-070707070707",
            "eventName": "DeleteKey",
            "eventSource": "kms.amazonaws.com",
            "eventTime": "2025-05-21T05:47:45Z",
            "eventType": "AwsServiceEvent",
            "eventVersion": "1.11",
            "managementEvent": true,
            "readOnly": false,
            "recipientAccountId": "111122223333",
            "requestParameters": null,
            "resources": [{"ARN": KEY, "accountId": "111122223333", "type": "AWS::KMS::Key"}],
            "responseElements": {"keyId": KEY},
            "serviceEventDetails": {"keyId": "k"},
            "sourceIPAddress": "AWS Internal",
            "userAgent": "AWS Internal",
            "userIdentity": {"accountId": "111122223333", "invokedBy": "AWS Internal"},
        })
    );
}

#[test]
fn no_row_of_the_table_is_out_of_order() {
    for operation in Operation::ALL {
        let row = recorded::row(*operation);
        let names = match row.answer {
            recorded::Answer::Members(names) => names,
            _ => &[],
        };
        for names in [row.request, names, row.additional] {
            assert!(names.is_sorted(), "{operation}: {names:?}");
        }
        let changes =
            matches!(row.answer, recorded::Answer::Null) || !recorded::read_only(*operation);
        assert!(
            changes,
            "{operation} is read-only and has a response to tell"
        );
    }
}
