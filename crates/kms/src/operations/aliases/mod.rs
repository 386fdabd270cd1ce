//! Aliases: names that outlive the keys behind them.
//!
//! An alias is a resource of its own, unique in its account and Region. It is not a property of
//! the key and never shows in DescribeKey.
//!
//! AWS: developer guide, "Aliases in AWS KMS".

mod create_alias;
mod delete_alias;
mod list_aliases;
mod update_alias;

pub(crate) use create_alias::create_alias;
pub(crate) use delete_alias::delete_alias;
pub(crate) use list_aliases::list_aliases;
pub(crate) use update_alias::update_alias;

use strongroom_model::{AliasName, KeyRef};

use crate::{
    call::{Call, Found, Key},
    error::KmsError,
};

/// The rules of alias names that the model does not state, in AWS's order: the prefix, the
/// characters, a name after the prefix, and the prefix reserved for AWS managed keys.
fn customer_alias(text: &str) -> Result<AliasName, KmsError> {
    let Some(rest) = text.strip_prefix("alias/") else {
        return Err(KmsError::alias_prefix_missing());
    };
    if rest.contains(':') {
        return Err(KmsError::validation(format!(
            "{text} contains invalid characters for an alias"
        )));
    }
    if text.starts_with("alias/aws/") {
        return Err(KmsError::alias_reserved());
    }
    AliasName::parse(text).map_err(|_| KmsError::validation("Invalid identifier"))
}

/// Finds the key that an alias is to stand for, which may not be named by another alias.
async fn find_target(call: &Call<'_>, reference: &str) -> Result<Found<Key>, KmsError> {
    let names_an_alias =
        KeyRef::parse(reference, &call.home().region).is_ok_and(|reference| reference.is_alias());
    if names_an_alias {
        return Err(KmsError::validation(
            "Aliases must refer to keys. Not aliases",
        ));
    }
    call.find_key(reference).await
}

#[cfg(test)]
mod tests {
    use strongroom_model::errors::ErrorCode;

    use super::*;

    #[test]
    fn each_bad_name_is_refused_in_its_own_words() {
        let check = |text: &str, code, message: Option<&str>| {
            let error = customer_alias(text).unwrap_err();
            assert_eq!((error.code(), error.message()), (code, message), "{text}");
        };
        let validation = ErrorCode::ValidationException;
        check(
            "my-alias",
            validation,
            Some(
                "Alias must start with the prefix \"alias/\". Please see \
                 https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
            ),
        );
        check(
            "alias/my:alias",
            validation,
            Some("alias/my:alias contains invalid characters for an alias"),
        );
        check("alias/", validation, Some("Invalid identifier"));
        check("alias/aws/s3", ErrorCode::NotAuthorizedException, None);
        check("alias/aws/", ErrorCode::NotAuthorizedException, None);
    }

    #[test]
    fn names_may_hold_slashes_underscores_and_hyphens() {
        for text in [
            "alias/my-alias_/",
            "alias/a/b/c",
            "alias/awsome",
            "alias/AWS/s3",
        ] {
            assert_eq!(customer_alias(text).unwrap().as_str(), text);
        }
    }
}
