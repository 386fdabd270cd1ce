//! A second evaluator, written from the rules alone: slow, on JSON and strings, and with nothing
//! in common with the first but the documents.

use std::{cmp::Ordering, collections::BTreeMap, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub account: String,
    /// `root`, `user`, or `session`.
    pub kind: &'static str,
    /// Name of the user or role, with its path in front: `/team/alice`.
    pub path_and_name: String,
    pub unique_id: String,
    pub session: String,
    pub tags: Vec<(String, String)>,
    /// Of temporary credentials.
    pub told: Option<Told>,
}

/// What temporary credentials tell.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// In seconds.
    pub issued: i64,
    pub provider: Option<String>,
    pub source_identity: Option<String>,
    /// By the condition keys that they are.
    pub claims: Vec<(String, String)>,
    pub mfa: bool,
}

/// Everything that a decision depends on.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub who: Who,
    pub identity: Vec<Value>,
    pub boundary: Option<Value>,
    pub session: Option<Vec<Value>>,
    pub key_policy: Option<Value>,
    /// By the name of the key in small letters.
    pub facts: BTreeMap<String, Vec<String>>,
    pub action: &'static str,
    pub owner: String,
    pub arn: String,
    /// `key`, `alias` or `account`.
    pub kind: &'static str,
    pub cross_account: bool,
    pub by_ciphertext: bool,
    pub aws_managed: bool,
    /// `none`, `caller`, `role` or `account`.
    pub grant: &'static str,
}

impl Who {
    fn name(&self) -> &str {
        self.path_and_name.rsplit('/').next().unwrap()
    }

    pub(crate) fn arn(&self) -> String {
        let (account, path) = (&self.account, &self.path_and_name);
        match self.kind {
            "root" => format!("arn:aws:iam::{account}:root"),
            "user" => format!("arn:aws:iam::{account}:user{path}"),
            _ => format!(
                "arn:aws:sts::{account}:assumed-role/{}/{}",
                self.name(),
                self.session
            ),
        }
    }

    fn role_arn(&self) -> Option<String> {
        let arn = format!("arn:aws:iam::{}:role{}", self.account, self.path_and_name);
        (self.kind == "session").then_some(arn)
    }
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(strings).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// A pattern of characters, of which those with `true` are wildcards.
type Glob = Vec<(char, bool)>;

fn glob(text: &str) -> Glob {
    text.chars().map(|c| (c, c == '*' || c == '?')).collect()
}

fn fits(pattern: &[(char, bool)], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [('*', true), rest @ ..] => (0..=text.len()).any(|n| fits(rest, &text[n..])),
        [('?', true), rest @ ..] => !text.is_empty() && fits(rest, &text[1..]),
        [(c, _), rest @ ..] => text.first() == Some(c) && fits(rest, &text[1..]),
    }
}

fn fits_text(pattern: &[(char, bool)], text: &str) -> bool {
    fits(pattern, &text.chars().collect::<Vec<_>>())
}

fn six(pattern: &Glob) -> Vec<Glob> {
    pattern
        .splitn(6, |c| *c == (':', false))
        .map(<[_]>::to_vec)
        .collect()
}

fn fits_arn(pattern: &Glob, arn: &str) -> bool {
    let (patterns, parts) = (six(pattern), arn.splitn(6, ':').collect::<Vec<_>>());
    patterns.len() == 6
        && parts.len() == 6
        && patterns.iter().zip(&parts).all(|(p, t)| fits_text(p, t))
}

impl World {
    fn values(&self, key: &str, of_key_policy: bool) -> Vec<String> {
        let key = key.to_lowercase();
        let who = &self.who;
        let one = |text: &str| vec![text.to_owned()];
        let about_key = key == "kms:resourcealiases" || key.starts_with("aws:resourcetag/");
        if about_key && of_key_policy {
            return vec![];
        }
        if self.kind == "alias" && (about_key || key.starts_with("kms:")) {
            return vec![];
        }
        if let Some(tag) = key.strip_prefix("aws:principaltag/") {
            let tags = who.tags.iter().filter(|(k, _)| k.to_lowercase() == tag);
            return tags.map(|(_, value)| value.clone()).collect();
        }
        let told = |value: &dyn Fn(&Told) -> Option<String>| -> Vec<String> {
            who.told.iter().filter_map(value).collect()
        };
        match &*key {
            "aws:principalarn" => one(&who.role_arn().unwrap_or_else(|| who.arn())),
            "aws:principalaccount" => one(&who.account),
            "aws:principaltype" => one(match who.kind {
                "root" => "Account",
                "user" => "User",
                _ => "AssumedRole",
            }),
            "aws:tokenissuetime" => told(&|told| Some(told.issued.to_string())),
            "aws:multifactorauthpresent" => told(&|told| Some(told.mfa.to_string())),
            "aws:multifactorauthage" => told(&|told| {
                let now = self.facts.get("aws:epochtime")?.first()?;
                let now: i64 = now.parse().ok()?;
                told.mfa.then(|| (now - told.issued).to_string())
            }),
            "aws:federatedprovider" => told(&|told| told.provider.clone()),
            "aws:sourceidentity" => told(&|told| told.source_identity.clone()),
            "id.example.com:sub" => told(&|told| {
                let mut claims = told.claims.iter();
                let claim = claims.find(|(name, _)| name.to_lowercase() == key);
                claim.map(|(_, value)| value.clone())
            }),
            "aws:username" if who.kind == "user" => one(who.name()),
            "aws:username" => vec![],
            "aws:userid" => match who.kind {
                "root" => one(&who.account),
                "user" => one(&who.unique_id),
                _ => one(&format!("{}:{}", who.unique_id, who.session)),
            },
            "kms:calleraccount" if self.kind == "key" || self.action == "kms:CreateKey" => {
                one(&who.account)
            }
            "kms:calleraccount" => vec![],
            _ => self.facts.get(&key).cloned().unwrap_or_default(),
        }
    }

    /// A value of a policy with its variables filled in, or nothing where one has no value.
    fn expand(&self, text: &str, new: bool, of_key_policy: bool) -> Option<Glob> {
        let Some(start) = text.find("${").filter(|_| new) else {
            return Some(glob(text));
        };
        let end = start + text[start..].find('}')?;
        let name = &text[start + 2..end];
        let inside = if name == "*" {
            "*".to_owned()
        } else {
            let (name, default) = match name.split_once(", ") {
                Some((name, default)) => (name, Some(default.trim_matches('\'').to_owned())),
                None => (name, None),
            };
            let values = self.values(name, of_key_policy);
            match values.as_slice() {
                [only] => only.clone(),
                _ => default?,
            }
        };
        let mut all = glob(&text[..start]);
        all.extend(inside.chars().map(|c| (c, false)));
        all.extend(self.expand(&text[end + 1..], new, of_key_policy)?);
        Some(all)
    }

    fn condition(&self, operator: &str, key: &str, wanted: &Value, how: How) -> bool {
        let found = self.values(key, how.of_key_policy);
        let wanted = strings(wanted);
        if how.allows && key.eq_ignore_ascii_case("kms:ResourceAliases") && found.len() > 50 {
            return false;
        }
        if operator == "Null" {
            let says = |text: &str| wanted.iter().any(|w| w.eq_ignore_ascii_case(text));
            return if found.is_empty() {
                says("true")
            } else {
                says("false")
            };
        }
        let (set, operator) = match operator.split_once(':') {
            Some((set, operator)) => (set, operator),
            None => ("", operator),
        };
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (operator, false),
        };
        let negated = operator.contains("Not");
        let positive = operator.replace("Not", "");
        if found.is_empty() {
            return match set {
                _ if if_exists => true,
                "ForAllValues" => true,
                "ForAnyValue" => false,
                _ => negated,
            };
        }
        let equal = |value: &String| {
            wanted
                .iter()
                .any(|w| self.compare(&positive, value, w, how))
        };
        match (set, negated) {
            ("ForAllValues", false) => found.iter().all(equal),
            ("ForAllValues", true) => found.iter().all(|value| !equal(value)),
            ("ForAnyValue", false) => found.iter().any(equal),
            ("ForAnyValue", true) => found.iter().any(|value| !equal(value)),
            (_, false) => found.iter().any(equal),
            (_, true) => !found.iter().any(equal),
        }
    }

    fn compare(&self, operator: &str, found: &str, wanted: &str, how: How) -> bool {
        let expanded = || self.expand(wanted, how.new, how.of_key_policy);
        let text = || -> Option<String> { Some(expanded()?.iter().map(|(c, _)| *c).collect()) };
        let ordered = |order: Option<Ordering>| {
            order.is_some_and(|order| {
                let name = operator
                    .trim_start_matches("Numeric")
                    .trim_start_matches("Date");
                match name {
                    "Equals" => order.is_eq(),
                    "LessThan" => order.is_lt(),
                    "LessThanEquals" => order.is_le(),
                    "GreaterThan" => order.is_gt(),
                    _ => order.is_ge(),
                }
            })
        };
        match operator {
            "StringEquals" => text().is_some_and(|wanted| wanted == found),
            "StringEqualsIgnoreCase" => {
                text().is_some_and(|wanted| wanted.to_lowercase() == found.to_lowercase())
            }
            "StringLike" => expanded().is_some_and(|wanted| fits_text(&wanted, found)),
            "ArnEquals" | "ArnLike" => expanded().is_some_and(|wanted| fits_arn(&wanted, found)),
            "Bool" => text().is_some_and(|wanted| {
                let (wanted, found) = (wanted.to_lowercase(), found.to_lowercase());
                wanted == found && (found == "true" || found == "false")
            }),
            "BinaryEquals" => match (STANDARD.decode(found), STANDARD.decode(wanted)) {
                (Ok(found), Ok(wanted)) => found == wanted,
                _ => false,
            },
            // Addition makes `IpAddress` of `NotIpAddress`.
            "IpAddress" => within(wanted, found),
            _ if operator.starts_with("Numeric") => {
                let number = |text: &str| text.parse::<f64>().ok();
                let both = number(found).zip(number(wanted));
                ordered(both.and_then(|(found, wanted)| found.partial_cmp(&wanted)))
            }
            _ => {
                let both = date(found).zip(date(wanted));
                ordered(both.map(|(found, wanted)| found.cmp(&wanted)))
            }
        }
    }

    fn applies(&self, statement: &Value, how: How) -> bool {
        let list = |name: &str, test: &dyn Fn(&str) -> bool| {
            let opposite = format!("Not{name}");
            match (statement.get(name), statement.get(&opposite)) {
                (Some(list), _) => strings(list).iter().any(|text| test(text)),
                (None, Some(list)) => !strings(list).iter().any(|text| test(text)),
                (None, None) => false,
            }
        };
        let action = list("Action", &|pattern| {
            fits_text(&glob(&pattern.to_lowercase()), &self.action.to_lowercase())
        });
        let resource = list("Resource", &|pattern| {
            let expanded = self.expand(pattern, how.new, how.of_key_policy);
            pattern == "*"
                || (self.arn != "*"
                    && pattern.starts_with("arn:")
                    && expanded.is_some_and(|pattern| fits_arn(&pattern, &self.arn)))
        });
        let none = serde_json::Map::new();
        let conditions = statement
            .get("Condition")
            .map_or(&none, |c| c.as_object().unwrap());
        action
            && resource
            && conditions.iter().all(|(operator, keys)| {
                let mut keys = keys.as_object().unwrap().iter();
                keys.all(|(key, wanted)| self.condition(operator, key, wanted, how))
            })
    }

    /// Whether policies have a statement of an effect that applies and whose principals pass.
    fn says(
        &self,
        policies: &[&Value],
        effect: &str,
        of_key_policy: bool,
        principals: &dyn Fn(&Value) -> bool,
    ) -> bool {
        policies.iter().any(|policy| {
            let how = How {
                new: policy.get("Version").is_some_and(|v| v == "2012-10-17"),
                of_key_policy,
                allows: effect == "Allow",
            };
            let statements = policy["Statement"].as_array().unwrap();
            statements.iter().any(|statement| {
                statement["Effect"] == effect
                    && principals(statement)
                    && self.applies(statement, how)
            })
        })
    }

    fn names(principal: &Value) -> Vec<String> {
        match principal {
            Value::Object(kinds) => kinds.get("AWS").map(strings).unwrap_or_default(),
            other => strings(other),
        }
    }

    /// Whether the list of a statement has one of these names.
    fn lists(statement: &Value, element: &str, names: &[String]) -> bool {
        let listed = statement.get(element).map(Self::names).unwrap_or_default();
        listed.iter().any(|name| names.contains(name))
    }

    fn denied_by_principal(&self, statement: &Value) -> bool {
        let who = &self.who;
        let account = vec![
            who.account.clone(),
            format!("arn:aws:iam::{}:root", who.account),
        ];
        let everybody = "*".to_owned();
        let role: Vec<String> = who
            .role_arn()
            .into_iter()
            .chain([who.unique_id.clone(), everybody.clone()])
            .collect();
        let own = match who.kind {
            "user" => vec![who.arn(), who.unique_id.clone(), everybody.clone()],
            _ => vec![who.arn(), everybody.clone()],
        };
        if statement.get("Principal").is_some() {
            let mut all = [account, own].concat();
            if who.kind == "session" {
                all.extend(role);
            }
            return Self::lists(statement, "Principal", &all);
        }
        let listed = |names: &[String]| Self::lists(statement, "NotPrincipal", names);
        let spared = match who.kind {
            "root" => listed(&account) || listed(&[everybody]),
            "user" => listed(&own),
            _ => listed(&own) && listed(&role),
        };
        !spared || self.boundary.is_some()
    }

    fn key_policy_allows(&self, names: &[String]) -> bool {
        let policies: Vec<&Value> = self.key_policy.iter().collect();
        self.says(&policies, "Allow", true, &|statement| {
            Self::lists(statement, "Principal", names)
        })
    }

    /// The text of the refusal, or nothing where it is allowed.
    pub(crate) fn refusal(&self) -> Option<String> {
        let who = &self.who;
        let (caller, action, arn) = (who.arn(), self.action, &self.arn);
        let user = format!("User: {caller} is not authorized to perform: {action} on");
        let hidden = format!(
            "{user} this resource because the resource does not exist in this Region, no \
             resource-based policies allow access, or a resource-based policy explicitly denies \
             access"
        );
        let lacking = |what: &str| {
            format!("{user} resource: {arn} because no {what} allows the {action} action")
        };
        let explicit =
            |what: &str| format!("{user} resource: {arn} with an explicit deny in a{what}");
        let text = self.reason(&hidden, &lacking, &explicit)?;
        Some(if self.by_ciphertext {
            "The ciphertext refers to a customer master key that does not exist, does not exist \
             in this region, or you are not allowed to access."
                .to_owned()
        } else {
            text
        })
    }

    fn reason(
        &self,
        hidden: &str,
        lacking: &dyn Fn(&str) -> String,
        explicit: &dyn Fn(&str) -> String,
    ) -> Option<String> {
        let who = &self.who;
        let root = who.kind == "root";
        let foreign = who.account != self.owner;
        let any = |_: &Value| true;
        let own = |policies: &[&Value], effect| self.says(policies, effect, false, &any);
        let identity: Vec<&Value> = self.identity.iter().collect();
        let boundary: Option<Vec<&Value>> = self.boundary.as_ref().map(|one| vec![one]);
        let session: Option<Vec<&Value>> = self.session.as_ref().map(|all| all.iter().collect());

        // Any matching Deny.
        if own(&identity, "Deny") {
            return Some(explicit("n identity-based policy"));
        }
        if boundary.as_ref().is_some_and(|all| own(all, "Deny")) {
            return Some(explicit(" permissions boundary"));
        }
        if session.as_ref().is_some_and(|all| own(all, "Deny")) {
            return Some(explicit(" session policy"));
        }
        let lacks_identity = !root && !own(&identity, "Allow");
        let lacks_boundary = !root && boundary.as_ref().is_some_and(|all| !own(all, "Allow"));
        let lacks_session = !root && session.as_ref().is_some_and(|all| !own(all, "Allow"));
        let ceilings = || {
            if lacks_boundary {
                Some(lacking("permissions boundary"))
            } else if lacks_session {
                Some(lacking("session policy"))
            } else {
                None
            }
        };
        let own_side = || {
            if lacks_identity {
                Some(lacking("identity-based policy"))
            } else {
                ceilings()
            }
        };
        // No key: the own side alone.
        if self.kind != "key" {
            return match own_side() {
                None if foreign => Some(hidden.to_owned()),
                answer => answer,
            };
        }
        let policies: Vec<&Value> = self.key_policy.iter().collect();
        let denied = self.says(&policies, "Deny", true, &|s| self.denied_by_principal(s));
        let by_account = vec![
            who.account.clone(),
            format!("arn:aws:iam::{}:root", who.account),
        ];
        let mut by_name = vec!["*".to_owned(), who.arn()];
        match who.kind {
            "root" => by_name.extend(by_account.clone()),
            "user" => by_name.push(who.unique_id.clone()),
            _ => {}
        }
        let direct = self.key_policy_allows(&by_name);
        let mut by_role: Vec<String> = who.role_arn().into_iter().collect();
        if who.kind == "session" {
            by_role.push(who.unique_id.clone());
        }
        let to_role = self.key_policy_allows(&by_role);
        let delegated = self.key_policy_allows(&by_account);
        let granted = match self.grant {
            "caller" => true,
            "role" => ceilings().is_none(),
            "account" => own_side().is_none(),
            _ => false,
        };
        if foreign {
            let granted = granted && self.cross_account;
            if !granted && let Some(text) = own_side() {
                return Some(text);
            }
            let policy = (direct || to_role || delegated) && own_side().is_none();
            let allowed = !denied && self.cross_account && (granted || policy);
            return (!allowed).then(|| hidden.to_owned());
        }
        if denied {
            return Some(explicit(" resource-based policy"));
        }
        if direct || granted {
            return None;
        }
        if to_role {
            return ceilings();
        }
        if delegated {
            return own_side();
        }
        Some(lacking("resource-based policy"))
    }
}

#[derive(Clone, Copy)]
struct How {
    new: bool,
    of_key_policy: bool,
    allows: bool,
}

/// The few dates that the tests use.
fn date(text: &str) -> Option<i64> {
    match text {
        "2026-01-02" | "2026-01-02T00:00:00Z" | "2026-01-02T01:00:00+01:00" => Some(1_767_312_000),
        other => other.parse::<f64>().ok().map(|seconds| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the tests use whole seconds"
            )]
            let seconds = seconds as i64;
            seconds
        }),
    }
}

fn within(network: &str, address: &str) -> bool {
    let bits = |address: IpAddr| -> Vec<bool> {
        let bytes = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        let bit = |byte: u8| (0..8).rev().map(move |n| byte >> n & 1 == 1);
        bytes.into_iter().flat_map(bit).collect()
    };
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, length.parse::<usize>().ok()),
        None => (network, Some(128)),
    };
    let (Ok(base), Ok(address), Some(length)) = (base.parse(), address.parse(), length) else {
        return false;
    };
    let (base, address) = (bits(base), bits(address));
    base.len() == address.len() && base.iter().zip(&address).take(length).all(|(a, b)| a == b)
}
