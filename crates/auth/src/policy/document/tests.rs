//! Tables of documents that are key policies and of documents that are none.

use proptest::prelude::*;
use strongroom_model::{KeyArn, KeyId, Region};

use super::*;
use crate::policy::condition::Comparison;

const INVALID_PRINCIPALS: &str = "Policy contains a statement with one or more invalid principals.";
const NO_PRINCIPAL: &str = "Policy contains a statement with no principal.";

fn account() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

fn key() -> KeyArn {
    KeyArn {
        account: account(),
        region: Region::parse("eu-west-1").unwrap(),
        key_id: KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap(),
    }
}

/// Only users whose name begins with `no` do not exist.
fn exists(principal: &PrincipalPattern) -> bool {
    !matches!(principal, PrincipalPattern::User { path_and_name, .. } if path_and_name.starts_with("/no"))
}

fn parse(text: &str) -> Result<KeyPolicy, PolicyError> {
    KeyPolicy::parse(text, &exists)
}

/// A policy of statements, written with single quotes for legibility.
fn policy(statements: &str) -> String {
    format!("{{'Version':'2012-10-17','Statement':[{statements}]}}").replace('\'', "\"")
}

/// A policy of one statement that allows everybody everything, with more members.
fn policy_with(members: &str) -> String {
    policy(&format!(
        "{{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*'{members}}}"
    ))
}

#[test]
fn the_default_policy_is_aws_s_text() {
    let text = default_key_policy(account(), Partition::Aws);
    assert_eq!(
        text,
        "{\n  \"Version\" : \"2012-10-17\",\n  \"Id\" : \"key-default-1\",\n  \"Statement\" : [ {\n    \
         \"Sid\" : \"Enable IAM User Permissions\",\n    \"Effect\" : \"Allow\",\n    \
         \"Principal\" : {\n      \"AWS\" : \"arn:aws:iam::111122223333:root\"\n    },\n    \
         \"Action\" : \"kms:*\",\n    \"Resource\" : \"*\"\n  } ]\n}"
    );
    let policy = parse(&text).unwrap();
    assert_eq!(policy.version, Version::V2012);
    assert_eq!(policy.id.as_deref(), Some("key-default-1"));
    let [statement] = policy.statements.as_slice() else {
        panic!("one statement");
    };
    assert_eq!(
        statement.sid.as_deref(),
        Some("Enable IAM User Permissions")
    );
    assert_eq!(statement.effect, Effect::Allow);
    assert_eq!(
        statement.principals,
        Some(Listed::In(vec![PrincipalPattern::Account(account())]))
    );
    let china = default_key_policy(account(), Partition::AwsCn);
    assert!(china.contains("\"arn:aws-cn:iam::111122223333:root\""));
}

#[test]
fn what_the_language_has_is_understood() {
    for text in [
        policy_with(""),
        policy_with(",'Sid':'any text with spaces'"),
        // A bare value and a list of one are the same; so are a statement and a list of one.
        "{'Statement':{'Effect':'Deny','Principal':{'AWS':['*']},'NotAction':['kms:*'],\
         'NotResource':['*']}}"
            .replace('\'', "\""),
        // Without action or resource a statement is accepted and has no effect.
        policy("{'Effect':'Allow','Principal':'*'}"),
        policy(
            "{'Effect':'Deny','NotPrincipal':{'AWS':'111122223333'},'Action':'*','Resource':'*'}",
        ),
        policy(
            "{'Effect':'Allow','Principal':{'AWS':'*','Service':['logs.amazonaws.com']},'Action':'KMS:enc*','Resource':'x'}",
        ),
        policy_with(
            ",'Condition':{'StringEquals':{'kms:ViaService':['a','b']},'Bool':{'aws:SecureTransport':true}}",
        ),
        policy_with(
            ",'Condition':{'ForAnyValue:StringLike':{'kms:EncryptionContext:a':'x*'},'Null':{'kms:ViaService':'true'}}",
        ),
        policy_with(
            ",'Condition':{'ForAllValues:StringEquals':{'kms:EncryptionContextKeys':['a'],'aws:TagKeys':[]}}",
        ),
        policy_with(",'Condition':{}"),
        " \r\n\t".to_owned() + &policy_with(""),
        policy_with(",'Sid':'caf\u{e9}'"),
    ] {
        assert!(parse(&text).is_ok(), "{text} {:?}", parse(&text));
    }
}

#[test]
fn without_a_version_the_older_language_is_spoken() {
    let version = |text: &str| {
        parse(&policy_with("").replace("\"2012-10-17\"", text)).map(|policy| policy.version)
    };
    assert_eq!(version("\"2012-10-17\""), Ok(Version::V2012));
    assert_eq!(version("\"2008-10-17\""), Ok(Version::V2008));
    assert!(version("\"2012-10-18\"").is_err());
    assert!(version("2012").is_err());
    let absent = policy_with("").replace("\"Version\":\"2012-10-17\",", "");
    assert_eq!(parse(&absent).unwrap().version, Version::V2008);
}

#[test]
fn what_is_no_policy_is_refused_without_a_text() {
    for text in [
        String::new(),
        "policy".into(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        policy_with("") + "x",
        policy(""),
        policy("1"),
        policy_with("").replace("\"Statement\"", "\"statement\""),
        policy_with("").replace("\"Version\"", "\"Comment\":\"\",\"Version\""),
        policy_with("").replace("\"Version\"", "\"Version\":\"2012-10-17\",\"Version\""),
        policy_with("").replace("\"Version\"", "\"Id\":1,\"Version\""),
        policy_with(",'Comment':''"),
        policy_with(",'effect':'Deny'"),
        policy_with(",'Effect':'Deny'"),
        policy_with(",'NotAction':'*'"),
        policy_with(",'NotResource':'*'"),
        policy_with(",'NotPrincipal':'*'"),
        policy_with(",'Sid':null"),
        policy_with(",'Condition':[]"),
        policy_with(",'Condition':{'Bool':'true'}"),
        policy_with(",'Condition':{'Bool':{'a':null}}"),
        policy_with(",'Condition':{'Bool':{'a':{}}}"),
        policy_with(",'Condition':{'Bool':{'a':[['true']]}}"),
        policy_with(",'Condition':{'Bool':{'a':'1','a':'2'}}"),
        policy_with(",'Condition':{'Bool':{'a':'1'},'Bool':{'b':'2'}}"),
        policy_with("").replace("\"kms:*\"", "[]"),
        policy_with("").replace("\"kms:*\"", "[1]"),
        policy_with("").replace("\"Resource\":\"*\"", "\"Resource\":[]"),
        policy("{'Effect':'Allow','Principal':'111122223333'}"),
        policy("{'Effect':'Allow','Principal':['*']}"),
        policy("{'Effect':'Allow','Principal':{'aws':'*'}}"),
        policy("{'Effect':'Allow','Principal':{'AWS':[]}}"),
        policy("{'Effect':'Allow','Principal':{'AWS':'*','AWS':'*'}}"),
        policy_with(",'Sid':'\u{100}'"),
        policy_with(",'Sid':'\u{7}'"),
        "[".repeat(100_000),
        "{\"Statement\":".repeat(10_000),
    ] {
        let error = parse(&text).unwrap_err();
        assert_eq!(error.code, ErrorCode::MalformedPolicyDocumentException);
        assert_eq!(
            error.message,
            None,
            "{}",
            text.chars().take(300).collect::<String>()
        );
    }
}

#[test]
fn faults_that_can_be_named_are_named() {
    let check = |text: &str, message: &str| {
        let error = parse(text).unwrap_err();
        assert_eq!(
            error.code,
            ErrorCode::MalformedPolicyDocumentException,
            "{text}"
        );
        assert_eq!(error.message.as_deref(), Some(message), "{text}");
    };
    check(
        &policy("{'Effect':'Allow','Action':'kms:*','Resource':'*'}"),
        NO_PRINCIPAL,
    );
    check(
        &policy("{'Effect':'Allow','Principal':{},'Action':'kms:*'}"),
        NO_PRINCIPAL,
    );
    check(
        &policy("{'Effect':'Permit','Principal':'*'}"),
        "An Effect must be Allow or Deny.",
    );
    check(
        &policy("{'Principal':'*'}"),
        "A statement must have an Effect.",
    );
    check(
        &policy("{'Effect':'Allow','NotPrincipal':'*'}"),
        "A statement with the Effect Allow must not have a NotPrincipal.",
    );
    for action in ["Encrypt", "kms:", ":Encrypt", "", "**"] {
        check(
            &policy_with("").replace("kms:*", action),
            "An action must be * or have the form service:name.",
        );
    }
    check(
        &policy_with(",'Condition':{'StringMatches':{'a':'b'}}"),
        "There is no condition operator StringMatches.",
    );
}

#[test]
fn principals_must_be_well_formed_and_exist() {
    let refusal = |principal: &str| {
        let text = policy(&format!("{{'Effect':'Allow','Principal':{principal}}}"));
        let error = parse(&text).unwrap_err();
        (error.code, error.message.unwrap())
    };
    let invalid_arn = (
        ErrorCode::InvalidArnException,
        "An ARN in the specified key policy is invalid.".to_owned(),
    );
    for principal in [
        "{'AWS':'arn:aws:iam::111122223333:group/admins'}",
        "{'AWS':'arn:aws:iam::111122223333:user/*'}",
        "{'AWS':['*','alice']}",
        "{'AWS':''}",
    ] {
        assert_eq!(refusal(principal), invalid_arn, "{principal}");
    }
    let invalid_principals = (
        ErrorCode::MalformedPolicyDocumentException,
        INVALID_PRINCIPALS.to_owned(),
    );
    for principal in [
        "{'AWS':'arn:aws:iam::111122223333:user/nobody'}",
        "{'AWS':['*','arn:aws:iam::111122223333:user/nobody']}",
        "{'Federated':'cognito-identity.amazonaws.com'}",
        "{'CanonicalUser':'79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'}",
        "{'Service':'example.com'}",
    ] {
        assert_eq!(refusal(principal), invalid_principals, "{principal}");
    }
}

#[test]
fn nobody_asks_whether_everybody_or_a_service_exists() {
    let text = policy("{'Effect':'Allow','Principal':{'AWS':'*','Service':'logs.amazonaws.com'}}");
    assert!(KeyPolicy::parse(&text, &|_| false).is_ok());
    let text = policy("{'Effect':'Allow','Principal':{'AWS':'111122223333'}}");
    assert!(KeyPolicy::parse(&text, &|_| false).is_err());
}

#[test]
fn for_all_values_with_a_key_of_one_value_is_refused() {
    let check = |key: &str, what: &str| {
        let text = policy_with(&format!(
            ",'Condition':{{'ForAllValues:StringLike':{{'{key}':'a'}}}}"
        ));
        let error = parse(&text).unwrap_err();
        assert_eq!(error.code, ErrorCode::MalformedPolicyDocumentException);
        assert_eq!(
            error.message.unwrap(),
            format!(
                "OverlyPermissiveCondition: Using the ForAllValues set operator with a \
                 single-valued condition key matches requests without the specified {what} or \
                 with an unspecified {what}. To fix, remove ForAllValues."
            )
        );
        assert!(parse(&text.replace("ForAllValues:", "")).is_ok());
        assert!(parse(&text.replace("ForAllValues:", "ForAnyValue:")).is_ok());
    };
    check("kms:EncryptionContext:app", "encryption context");
    check("KMS:encryptioncontext:app", "encryption context");
    check("aws:RequestTag/team", "tag");
}

#[test]
fn condition_values_are_kept_by_their_text() {
    let text = policy_with(",'Condition':{'NumericLessThanIfExists':{'kms:X':[1.50,'2',true]}}");
    let policy = parse(&text).unwrap();
    let [condition] = policy.statements[0].conditions.as_slice() else {
        panic!("one condition");
    };
    assert_eq!(condition.operator.comparison, Comparison::NumericLessThan);
    assert!(condition.operator.if_exists);
    assert_eq!(&*condition.spelling, "kms:X");
    let values: Vec<&str> = condition.values.iter().map(|value| &**value).collect();
    assert_eq!(values, ["1.50", "2", "true"]);
}

#[test]
fn resources_are_matched_part_by_part() {
    let check = |pattern: &str, expected: bool| {
        let pattern_of_text = ResourcePattern::parse(pattern, Version::V2012);
        let matches = pattern_of_text.matches(&Target::new(&key().to_string()), &NoFacts);
        assert_eq!(matches, expected, "{pattern}");
    };
    check("*", true);
    check(
        "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        true,
    );
    check("arn:aws:kms:*:111122223333:key/*", true);
    check("arn:*:kms:*:*:*", true);
    check("arn:aws:kms:eu-west-?:111122223333:key/1234abcd-*", true);
    check("arn:aws:kms:*:key/*", false);
    check("arn:aws:k*:*:*:*", false);
    check("arn:aws:kms:us-east-1:111122223333:key/*", false);
    check("arn:aws:kms:eu-west-1:111122223333:alias/*", false);
    check("arn:aws:KMS:eu-west-1:111122223333:key/*", false);
    check("key/*", false);
    check("**", false);
    check("", false);
}

fn almost_policies() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Version",
        "2012-10-17",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Allow",
        "Deny",
        "Principal",
        "NotPrincipal",
        "AWS",
        "Service",
        "*",
        "111122223333",
        "Action",
        "NotAction",
        "kms:*",
        "Resource",
        "NotResource",
        "Condition",
        "StringEquals",
        "ForAllValues:Bool",
        "a",
        "arn:aws:iam::111122223333:root",
        "arn:aws:kms:*:*:key/*",
        "logs.amazonaws.com",
        "\u{e9}\\u0000",
    ]);
    let quoted = word.prop_map(|word| format!("\"{word}\"")).boxed();
    let scalar = prop_oneof![
        4 => quoted.clone(),
        1 => prop::sample::select(vec!["1", "true", "null", "1e999"]).prop_map(String::from),
    ];
    scalar.prop_recursive(5, 40, 6, move |inner| {
        let members = prop::collection::vec((quoted.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|list| format!("[{}]", list.join(","))),
            members.prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{name}:{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".{0,200}") {
        prop_assert!(parse(&text).is_err());
    }

    #[test]
    fn any_json_is_answered(text in almost_policies()) {
        if let Ok(policy) = parse(&text) {
            prop_assert!(!policy.statements.is_empty());
        }
    }

    #[test]
    fn a_policy_cut_anywhere_is_none(cut in 0usize..200) {
        let text = default_key_policy(account(), Partition::Aws);
        let cut = cut.min(text.len() - 1);
        prop_assert!(parse(&text[..cut]).is_err());
    }
}
