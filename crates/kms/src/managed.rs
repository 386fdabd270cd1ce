//! AWS managed keys: the keys behind `alias/aws/<service>`.
//!
//! They are made on first use of the alias and listed from then on. No customer alias can join
//! them, and nobody can disable, delete, tag or re-policy them: their key policy grants none of
//! it, which the authorizer knows.
//!
//! AWS: developer guide, "AWS managed keys".

use serde_json::json;
use strongroom_model::{
    AliasName, KeyId, Timestamp,
    enums::{KeyManagerType, KeySpec, KeyUsageType, OriginType},
};

use crate::{
    error::KmsError,
    layout::Home,
    new_key,
    record::{AliasRecord, KeyRecord, MaterialSet, Rotation},
    service::Service,
};

/// How often they rotate. AWS: developer guide, "Rotating AWS KMS keys": every year.
const PERIOD_DAYS: i32 = 365;

/// Whether AWS, and not the customer, manages the key.
pub(crate) fn is(key: &KeyRecord) -> bool {
    key.manager == KeyManagerType::Aws
}

/// Whether this is the alias of an AWS managed key that the installation offers.
pub(crate) fn offers(service: &Service, name: &AliasName) -> bool {
    name.aws_service().is_some_and(|wanted| {
        service
            .managed_services()
            .iter()
            .any(|offered| offered == wanted)
    })
}

/// Makes the key and its alias, unless somebody else just did.
pub(crate) async fn create(
    service: &Service,
    home: &Home,
    name: &AliasName,
    now: Timestamp,
) -> Result<(), KmsError> {
    let random = service.custody().random();
    let id = KeyId::from_random(false, random.array()?);
    let record = KeyRecord {
        created: now,
        spec: KeySpec::SymmetricDefault,
        usage: KeyUsageType::EncryptDecrypt,
        origin: OriginType::AwsKms,
        manager: KeyManagerType::Aws,
        description: format!(
            "Default key that protects my {} data when no other key is defined",
            name.aws_service().unwrap_or_default()
        ),
        enabled: true,
        material: None,
        materials: MaterialSet::default(),
        rotation: Some(Rotation::every(PERIOD_DAYS, now)),
        on_demand_rotations: 0,
        deletion: None,
        deletion_after_replicas: None,
        multi_region: None,
        key_store: None,
        tags: Vec::new(),
    };
    let policy = key_policy(home);
    let (_, mut change) =
        new_key::change(service, home, id, record, policy, Vec::new(), now).await?;
    let alias = AliasRecord {
        target: id,
        created: now,
        updated: now,
    };
    change.provided(&home.alias(name), None);
    change.put(&home.alias(name), &alias)?;
    change.put(&home.key_alias(id, name), &alias)?;

    let event = service.event("CreateKey", home, id)?.answering_key();
    // If somebody else just made it, theirs will do.
    service.commit_event(change, event).await.map(drop)
}

/// The policy of an AWS managed key (decision 19): everybody in the account may use it through
/// the cryptographic operations, and its root may look at it. There is no condition on a calling
/// service, since platforms call directly.
fn key_policy(home: &Home) -> String {
    let Home { account, region } = home;
    let policy = json!({
        "Version": "2012-10-17",
        "Id": "auto-aws-managed-1",
        "Statement": [
            {
                "Sid": "Allow access to all principals in the account that are authorized",
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": [
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:CreateGrant",
                    "kms:DescribeKey"
                ],
                "Resource": "*",
                "Condition": { "StringEquals": { "kms:CallerAccount": account } }
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:{}:iam::{account}:root", region.partition()) },
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*"
            }
        ]
    });
    format!("{policy:#}")
}
