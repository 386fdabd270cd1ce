//! From `X-Amz-Target` to the operation it names.

use hyper::HeaderMap;
use strongroom_model::operations::Operation;

/// The header that names the operation.
pub const TARGET: &str = "x-amz-target";

/// The service's name in the service model.
const SERVICE: &str = "TrentService.";

/// The operation that a request asks for, or nothing when it names none that exists.
///
/// Names are case-sensitive. A header that comes twice names nothing, even when both agree: a
/// client never sends that, and what stands between it and us might read the other one.
#[must_use]
pub fn route(headers: &HeaderMap) -> Option<Operation> {
    let mut targets = headers.get_all(TARGET).iter();
    let target = targets.next()?.to_str().ok()?;
    if targets.next().is_some() {
        return None;
    }
    Operation::parse(target.strip_prefix(SERVICE)?)
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn route_to(targets: &[&str]) -> Option<Operation> {
        let mut headers = HeaderMap::new();
        for target in targets {
            headers.append(TARGET, HeaderValue::from_str(target).unwrap());
        }
        route(&headers)
    }

    #[test]
    fn every_operation_is_reached_by_its_target() {
        for operation in Operation::ALL {
            let target = format!("TrentService.{}", operation.name());
            assert_eq!(route_to(&[&target]), Some(*operation));
        }
    }

    #[test]
    fn other_targets_lead_nowhere() {
        for targets in [
            &[][..],
            &[""],
            &["Encrypt"],
            &["TrentService.encrypt"],
            &["TrentService.Encrypt "],
            &["trentservice.Encrypt"],
            &["DynamoDB_20120810.Encrypt"],
            &["TrentService."],
            &["TrentService.Encrypt", "TrentService.Decrypt"],
            &["TrentService.Encrypt", "TrentService.Encrypt"],
        ] {
            assert_eq!(route_to(targets), None, "{targets:?}");
        }
    }
}
