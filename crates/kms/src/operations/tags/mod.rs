//! Tags of KMS keys.
//!
//! AWS: developer guide, "Tags in AWS KMS".

mod list_resource_tags;
mod tag_resource;
mod untag_resource;

pub(crate) use list_resource_tags::list_resource_tags;
pub(crate) use tag_resource::tag_resource;
pub(crate) use untag_resource::untag_resource;

use std::collections::HashSet;

use strongroom_model::{limits, shapes::Tag};

use crate::{error::KmsError, record::KeyTag};

/// Puts tags among those of a key, which are sorted by the bytes of their keys.
///
/// # Errors
/// `TagException` when a key comes twice or is reserved, or when there would be too many.
pub(crate) fn put(tags: &mut Vec<KeyTag>, new: &[Tag]) -> Result<(), KmsError> {
    let mut seen = HashSet::new();
    if !new.iter().all(|tag| seen.insert(tag.tag_key.as_str())) {
        return Err(KmsError::tag("Duplicate tag keys"));
    }
    let reserved = |key: &str| {
        key.get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
    };
    if new.iter().any(|tag| reserved(&tag.tag_key)) {
        return Err(KmsError::tag("Tags beginning with aws: are reserved"));
    }
    for tag in new {
        match tags.binary_search_by(|known| known.key.as_str().cmp(&tag.tag_key)) {
            Ok(at) => {
                if let Some(known) = tags.get_mut(at) {
                    known.value.clone_from(&tag.tag_value);
                }
            }
            Err(at) => {
                let (key, value) = (tag.tag_key.clone(), tag.tag_value.clone());
                tags.insert(at, KeyTag { key, value });
            }
        }
    }
    if tags.len() > limits::TAGS_PER_KEY {
        return Err(KmsError::tag("Too many tags"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            tag_key: key.to_owned(),
            tag_value: value.to_owned(),
        }
    }

    fn refused(new: &[Tag]) -> String {
        put(&mut Vec::new(), new)
            .unwrap_err()
            .message()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn tags_are_sorted_and_an_updated_one_keeps_its_place() {
        let mut tags = Vec::new();
        put(&mut tags, &[tag("b", "1"), tag("a", "1")]).unwrap();
        put(&mut tags, &[tag("b", "2"), tag("A", "3")]).unwrap();
        let listed: Vec<_> = tags
            .iter()
            .map(|t| (t.key.as_str(), t.value.as_str()))
            .collect();
        assert_eq!(listed, [("A", "3"), ("a", "1"), ("b", "2")]);
    }

    #[test]
    fn each_bad_set_of_tags_is_refused_in_its_own_words() {
        assert_eq!(
            refused(&[tag("a", "1"), tag("a", "2")]),
            "Duplicate tag keys"
        );
        assert_eq!(
            refused(&[tag("AWS:a", "1")]),
            "Tags beginning with aws: are reserved"
        );
        let many: Vec<_> = (0..51).map(|at| tag(&at.to_string(), "")).collect();
        assert_eq!(refused(&many), "Too many tags");
        put(&mut Vec::new(), &many[..50]).unwrap();
    }
}
