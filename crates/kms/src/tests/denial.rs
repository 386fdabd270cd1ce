//! For every use: a caller who is allowed everything but this is refused, and the journal says
//! so. A use without a row here fails.

use strongroom_auth::{
    Authorizer, Decision, Denial, Grounds, Question, ResourceKind, decision::PolicyKind,
};
use strongroom_model::{enums::KeyState, errors::ErrorCode, operations::Input, shapes::*};

use super::{
    create_alias, delete_alias, disconnect, grants::list_retirable_grants, list_aliases, states,
    update_alias,
};
use crate::{
    testing::{Bench, key_store, symmetric_key},
    uses::{ACCOUNT_USES, ALIAS_USES, KEY_USES},
};

/// Allows everything but one action on one kind of resource; on a key, only on the one whose id
/// is given, if one is.
struct AllBut {
    action: &'static str,
    kind: ResourceKind,
    key: Option<String>,
}

impl Authorizer for AllBut {
    fn decide(&self, question: &Question<'_>) -> Decision {
        let this_key = self
            .key
            .as_ref()
            .is_none_or(|id| question.resource.arn.ends_with(id));
        if question.action == self.action && question.resource.kind == self.kind && this_key {
            Decision::Deny(Denial::Implicit(PolicyKind::Identity))
        } else {
            Decision::Allow(Grounds::AccountRoot)
        }
    }
}

async fn check(bench: &Bench, name: &str, but: AllBut, request: Input) {
    let action = but.action;
    let denying = bench.restarted(Box::new(but)).await;
    let operation = request.operation().name();
    let (code, message) = denying.refused(request).await;
    assert_eq!(code, ErrorCode::AccessDeniedException, "{name}");
    let reason = format!("because no identity-based policy allows the {action} action");
    assert!(message.ends_with(&reason), "{name}: {message}");
    let journal = denying.journal();
    let last = journal.lines().last().unwrap();
    assert!(
        last.contains(r#""errorCode":"AccessDenied""#),
        "{name}: {last}"
    );
    assert!(
        last.contains(&format!(r#""eventName":"{operation}""#)),
        "{name}: {last}"
    );
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
        let request = states::request_of(row.name, &key, &other, &made);
        // The account's root retires the grant as one of its accounts; the key policy is not asked.
        let kind = match row.name {
            "RetireGrant" => ResourceKind::Grant {
                names_caller: false,
            },
            _ => ResourceKind::Key,
        };
        let but = AllBut {
            action: row.action,
            kind,
            key: Some(format!(
                "{}:111122223333:key/{key}",
                states::region_of(row.name)
            )),
        };
        check(&bench, row.name, but, request).await;
    }
}

#[tokio::test]
async fn no_use_of_an_alias_goes_on_without_its_permission() {
    for (name, action) in ALIAS_USES {
        let bench = Bench::new().await;
        let (key, other, _) = states::prepared(&bench, "Encrypt", KeyState::Enabled).await;
        let request = match *name {
            "CreateAlias" => create_alias("alias/new", &key),
            "UpdateAlias" => update_alias("alias/on-key", &other),
            "DeleteAlias" => delete_alias("alias/on-key"),
            other => panic!("the use {other} has no request here"),
        };
        let but = AllBut {
            action,
            kind: ResourceKind::Alias,
            key: None,
        };
        check(&bench, name, but, request).await;
    }
}

#[tokio::test]
async fn no_use_of_the_account_goes_on_without_its_permission() {
    for (name, action) in ACCOUNT_USES {
        let bench = Bench::new().await;
        let request = match *name {
            "CreateKey" => Input::CreateKey(symmetric_key()),
            "CreateKeyWithTags" => Input::CreateKey(CreateKeyRequest {
                tags: Some(vec![Tag {
                    tag_key: "a".to_owned(),
                    tag_value: "b".to_owned(),
                }]),
                ..symmetric_key()
            }),
            "CreateReplica" | "CreateReplicaWithTags" => {
                let key = bench
                    .key_like(CreateKeyRequest {
                        multi_region: Some(true),
                        ..symmetric_key()
                    })
                    .await;
                Input::ReplicateKey(ReplicateKeyRequest {
                    bypass_policy_lockout_safety_check: None,
                    description: None,
                    key_id: key.key_id,
                    policy: None,
                    replica_region: states::THERE.to_owned(),
                    tags: Some(vec![Tag {
                        tag_key: "a".to_owned(),
                        tag_value: "b".to_owned(),
                    }]),
                })
            }
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
                custom_key_store_id: bench.key_store().await,
            }),
            "DisconnectCustomKeyStore" => disconnect(&bench.key_store().await),
            "UpdateCustomKeyStore" => Input::UpdateCustomKeyStore(UpdateCustomKeyStoreRequest {
                cloud_hsm_cluster_id: None,
                custom_key_store_id: bench.key_store().await,
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
                custom_key_store_id: bench.key_store().await,
            }),
            "DescribeCustomKeyStores" => {
                Input::DescribeCustomKeyStores(DescribeCustomKeyStoresRequest::default())
            }
            other => panic!("the use {other} has no request here"),
        };
        let but = AllBut {
            action,
            kind: ResourceKind::Account,
            key: None,
        };
        check(&bench, name, but, request).await;
    }
}
