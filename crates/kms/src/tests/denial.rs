//! For every use: a caller who is allowed everything but this is refused, and the journal says
//! so. A use without a row here fails.

use strongroom_auth::{Caller, decision::Enforced};
use strongroom_model::{enums::KeyState, errors::ErrorCode, operations::Input, shapes::*};

use super::{
    create_alias, delete_alias, disconnect, grants::list_retirable_grants, list_aliases, states,
    update_alias,
};
use crate::{
    testing::{Bench, key_store, symmetric_key, user},
    uses::{ACCOUNT_USES, ALIAS_USES, KEY_USES},
};

/// A user who may do everything.
fn almighty() -> Caller {
    user(
        "almighty",
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
    )
}

/// A user who may do everything but one action on resources that match a pattern.
fn all_but(action: &str, resource: &str) -> Caller {
    user(
        "careful",
        &format!(
            r#"{{"Effect":"Allow","NotAction":"{action}","Resource":"*"}},
               {{"Effect":"Allow","Action":"{action}","NotResource":"{resource}"}}"#
        ),
    )
}

/// The request is refused to somebody who lacks the one permission, and not to somebody who has
/// it too.
async fn check(bench: &Bench, name: &str, action: &str, resource: &str, request: [Input; 2]) {
    let enforcing = bench.restarted(Box::new(Enforced)).await;
    let [request, again] = request;
    let operation = request.operation().name();
    let message = enforcing.denied(&all_but(action, resource), request).await;
    let reason = format!("because no identity-based policy allows the {action} action");
    // Of the key that only a ciphertext names nothing is told.
    let reason = match name {
        "Decrypt" | "ReEncryptFrom" => "you are not allowed to access.",
        _ => &reason,
    };
    assert!(message.ends_with(reason), "{name}: {message}");
    let journal = enforcing.journal();
    let last = journal.lines().last().unwrap();
    assert!(
        last.contains(r#""errorCode":"AccessDenied""#),
        "{name}: {last}"
    );
    assert!(
        last.contains(&format!(r#""eventName":"{operation}""#)),
        "{name}: {last}"
    );
    if let Err(error) = enforcing.call_by(&almighty(), again).await {
        assert_ne!(
            error.code(),
            ErrorCode::AccessDeniedException,
            "{name}: {error:?}"
        );
    }
}

#[tokio::test]
async fn no_use_of_a_key_goes_on_without_its_permission() {
    for row in KEY_USES {
        let bench = Bench::new().await;
        let state = match row.name {
            "CancelKeyDeletion" => KeyState::PendingDeletion,
            _ => KeyState::Enabled,
        };
        let (key, other, made) = states::prepared(&bench, row.name, state).await;
        let request = || states::request_of(row.name, &key, &other, &made);
        let region = states::region_of(row.name);
        let arn = format!("arn:aws:kms:{region}:111122223333:key/{key}");
        check(&bench, row.name, row.action, &arn, [request(), request()]).await;
    }
}

#[tokio::test]
async fn no_use_of_an_alias_goes_on_without_its_permission() {
    for (name, action) in ALIAS_USES {
        let bench = Bench::new().await;
        let (key, other, _) = states::prepared(&bench, "Encrypt", KeyState::Enabled).await;
        let request = || match *name {
            "CreateAlias" => create_alias("alias/new", &key),
            "UpdateAlias" => update_alias("alias/on-key", &other),
            "DeleteAlias" => delete_alias("alias/on-key"),
            other => panic!("the use {other} has no request here"),
        };
        let aliases = "arn:aws:kms:us-east-1:111122223333:alias/*";
        check(&bench, name, action, aliases, [request(), request()]).await;
    }
}

#[tokio::test]
async fn no_use_of_the_account_goes_on_without_its_permission() {
    for (name, action) in ACCOUNT_USES {
        let bench = Bench::new().await;
        let id = prepared_for(&bench, name).await;
        let request = [request(name, &id), request(name, &id)];
        // What has no resource is named by a star only, and keys to be by what they might be.
        check(&bench, name, action, "*", request).await;
    }
}

/// The key or key store that a use of the account is about, if it is about one.
async fn prepared_for(bench: &Bench, name: &str) -> String {
    match name {
        "CreateReplica" | "CreateReplicaWithTags" => {
            let request = CreateKeyRequest {
                multi_region: Some(true),
                ..symmetric_key()
            };
            bench.key_like(request).await.key_id
        }
        "ConnectCustomKeyStore"
        | "DisconnectCustomKeyStore"
        | "UpdateCustomKeyStore"
        | "DeleteCustomKeyStore" => bench.key_store().await,
        _ => String::new(),
    }
}

fn request(name: &str, id: &str) -> Input {
    match name {
        "CreateKey" => Input::CreateKey(symmetric_key()),
        "CreateKeyWithTags" => Input::CreateKey(CreateKeyRequest {
            tags: Some(vec![Tag {
                tag_key: "a".to_owned(),
                tag_value: "b".to_owned(),
            }]),
            ..symmetric_key()
        }),
        "CreateReplica" | "CreateReplicaWithTags" => Input::ReplicateKey(ReplicateKeyRequest {
            bypass_policy_lockout_safety_check: None,
            description: None,
            key_id: id.to_owned(),
            policy: None,
            replica_region: states::THERE.to_owned(),
            tags: Some(vec![Tag {
                tag_key: "a".to_owned(),
                tag_value: "b".to_owned(),
            }]),
        }),
        "ListKeys" => Input::ListKeys(ListKeysRequest {
            limit: None,
            marker: None,
            resource_owners: None,
        }),
        "ListAliases" => list_aliases(None),
        "ListRetirableGrants" => list_retirable_grants("arn:aws:iam::111122223333:root", None),
        "GenerateRandom" => Input::GenerateRandom(GenerateRandomRequest {
            custom_key_store_id: None,
            number_of_bytes: Some(1),
            recipient: None,
        }),
        "CreateCustomKeyStore" => Input::CreateCustomKeyStore(key_store()),
        "ConnectCustomKeyStore" => Input::ConnectCustomKeyStore(ConnectCustomKeyStoreRequest {
            custom_key_store_id: id.to_owned(),
        }),
        "DisconnectCustomKeyStore" => disconnect(id),
        "UpdateCustomKeyStore" => Input::UpdateCustomKeyStore(UpdateCustomKeyStoreRequest {
            cloud_hsm_cluster_id: None,
            custom_key_store_id: id.to_owned(),
            key_store_password: None,
            new_custom_key_store_name: Some("other".to_owned()),
            xks_proxy_authentication_credential: None,
            xks_proxy_connectivity: None,
            xks_proxy_uri_endpoint: None,
            xks_proxy_uri_path: None,
            xks_proxy_vpc_endpoint_service_name: None,
            xks_proxy_vpc_endpoint_service_owner: None,
        }),
        "DeleteCustomKeyStore" => Input::DeleteCustomKeyStore(DeleteCustomKeyStoreRequest {
            custom_key_store_id: id.to_owned(),
        }),
        "DescribeCustomKeyStores" => {
            Input::DescribeCustomKeyStores(DescribeCustomKeyStoresRequest::default())
        }
        other => panic!("the use {other} has no request here"),
    }
}
