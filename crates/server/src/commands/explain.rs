//! `strongroom explain`, `simulate` and `whatif`: decisions with their reasons, for people and for machines.

use std::{
    fmt::{self, Display, Formatter},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use strongroom_kms::permission::{Proposed, Simulation, WhatIf};

use super::{Failure, identity::Asker, print};
use crate::{
    admin::{self, Request},
    cli::{Folder, Output, SimulateArgs, WhatIfArgs},
};

/// The exit code of what cannot be answered, where 1 is an answer.
const NO_ANSWER: u8 = 2;

pub(super) fn explain(request_id: String, folder: &Folder) -> Result<(), Failure> {
    let answer = admin::ask(&folder.data_dir, &Request::Explain { request_id });
    let answer = answer.map_err(Failure::new)?.ok_or_else(|| {
        Failure::new(format_args!(
            "no server runs on {}; recent calls are remembered by the server that answered them",
            folder.data_dir.display()
        ))
    })?;
    if folder.output == Output::Json {
        print(&format!("{answer:#}\n"));
        return Ok(());
    }
    let uses = list(&answer, "uses");
    let texts = uses.iter().map(|explanation| Told(explanation).to_string());
    print(&texts.collect::<Vec<_>>().join("\n"));
    Ok(())
}

pub(super) fn simulate(args: SimulateArgs) -> Result<(), Failure> {
    let no_answer = |failure: Failure| failure.with_code(NO_ANSWER);
    let output = args.place.folder.output;
    let read = |path: Option<PathBuf>| path.as_deref().map(document).transpose();
    let simulation = Box::new(Simulation {
        principal: args.principal,
        action: args.action,
        resource: args.resource,
        context: args.context,
        proposed: Proposed {
            key_policy: read(args.with_policy).map_err(no_answer)?,
            identity_policy: read(args.with_identity_policy).map_err(no_answer)?,
        },
    });
    let mut asker = Asker::new(args.place);
    let answer = asker.ask(Request::Simulate { simulation });
    let answer = answer.map_err(no_answer)?;
    match output {
        Output::Json => print(&format!("{answer:#}\n")),
        Output::Text => print(&simulated(&answer)),
    }
    if is(&answer, "allowed") {
        Ok(())
    } else {
        Err(Failure::silent(1))
    }
}

pub(super) fn what_if(args: WhatIfArgs) -> Result<(), Failure> {
    let no_answer = |failure: Failure| failure.with_code(NO_ANSWER);
    let output = args.place.folder.output;
    let what_if = Box::new(WhatIf {
        key: args.key,
        policy: document(&args.policy).map_err(no_answer)?,
        since_millis: args.since.as_millis(),
    });
    let mut asker = Asker::new(args.place);
    let answer = asker.ask(Request::WhatIf { what_if });
    let answer = answer.map_err(no_answer)?;
    match output {
        Output::Json => print(&format!("{answer:#}\n")),
        Output::Text => print(&Effects(&answer).to_string()),
    }
    let none = |name| calls(&answer, name) == 0;
    if none("newly_denied") && none("newly_allowed") && none("not_judged") {
        Ok(())
    } else {
        Err(Failure::silent(1))
    }
}

fn calls(answer: &Value, name: &str) -> u64 {
    let tally = answer.get(name).and_then(|tally| tally.get("calls"));
    tally.and_then(Value::as_u64).unwrap_or_default()
}

/// What a policy would have meant, for people.
struct Effects<'v>(&'v Value);

impl Display for Effects<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let it = self.0;
        let judged = it.get("judged").and_then(Value::as_u64);
        let judged = judged.unwrap_or_default();
        let (uses, were) = if judged == 1 {
            ("use", "was")
        } else {
            ("uses", "were")
        };
        writeln!(f, "{judged} {uses} of {}", text(it, "key"))?;
        writeln!(
            f,
            "since {} {were} judged under the proposed policy.",
            text(it, "since")
        )?;
        let kinds = [
            ("newly_denied", "Newly denied"),
            ("newly_allowed", "Newly allowed"),
            (
                "changed_meanwhile",
                "Decided differently from then, by the present policy too",
            ),
            ("not_judged", "Not to be judged from the record"),
        ];
        for (name, heading) in kinds {
            writeln!(f, "\n{heading}: {}", calls(it, name))?;
            let groups = it.get(name).map(|tally| list(tally, "groups"));
            for group in groups.unwrap_or_default() {
                let calls = group.get("calls").and_then(Value::as_u64);
                writeln!(
                    f,
                    "  {} x {} by {}",
                    calls.unwrap_or_default(),
                    text(group, "action"),
                    text(group, "principal"),
                )?;
                if let Some(because) = group.get("because").and_then(Value::as_str) {
                    writeln!(f, "      {because}")?;
                }
                writeln!(
                    f,
                    "      from {} to {}, request {}",
                    text(group, "first"),
                    text(group, "last"),
                    text(group, "request_id"),
                )?;
            }
        }
        writeln!(f)?;
        for sentence in texts(it, "assumptions") {
            writeln!(f, "{sentence}")?;
        }
        Ok(())
    }
}

/// A policy in a file.
fn document(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format_args!("{} cannot be read: {error}", path.display())))
}

fn simulated(answer: &Value) -> String {
    let mut text = Told(answer).to_string();
    let not_given: Vec<_> = texts(answer, "not_given").collect();
    if !not_given.is_empty() {
        let keys = not_given.join(", ");
        text.push_str(&format!(
            "\nCounted as absent, since it was not given: {keys}\n"
        ));
    }
    for sentence in texts(answer, "ignored") {
        text.push_str(&format!("\n{sentence}\n"));
    }
    text
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    let list = value.get(name).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

fn texts<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v str> {
    list(value, name).iter().filter_map(Value::as_str)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn is(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool) == Some(true)
}

/// An explanation, for people.
struct Told<'v>(&'v Value);

impl Display for Told<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let it = self.0;
        let (allowed, caller) = (is(it, "allowed"), text(it, "caller"));
        let decision = if allowed { "ALLOWED" } else { "DENIED" };
        writeln!(f, "{decision}  {}", text(it, "reason"))?;
        writeln!(f, "  caller    {caller}")?;
        writeln!(f, "  action    {}", text(it, "action"))?;
        writeln!(f, "  resource  {}", text(it, "resource"))?;
        if let Some(message) = it.get("message").and_then(Value::as_str) {
            writeln!(f, "  told      {message}")?;
        }
        let decided = list(it, "decided_by");
        for place in decided {
            writeln!(f, "  decided by {}", Place(place))?;
        }
        match it.get("grant").and_then(Value::as_str) {
            Some(how) if allowed && text(it, "reason") == "grant" => {
                writeln!(
                    f,
                    "  decided by a grant that names the caller as {}",
                    article(how)
                )?;
            }
            _ if decided.is_empty() && !allowed => {
                writeln!(
                    f,
                    "  decided by no statement: nothing that is needed allows it"
                )?;
            }
            _ => {}
        }
        if let Some(sentence) = it.pointer("/remedy/sentence").and_then(Value::as_str) {
            writeln!(
                f,
                "\nThe smallest change that would allow it:\n  {sentence}"
            )?;
        } else if !allowed {
            writeln!(f, "\nNo change to a policy or the request would allow it.")?;
        }
        writeln!(f, "\nWhat was considered:")?;
        for policy in list(it, "policies") {
            write_policy(f, policy)?;
        }
        writeln!(f, "  grants")?;
        match it
            .get("grants")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
        {
            None => writeln!(f, "    not looked at: none could change the answer"),
            Some([]) => writeln!(f, "    the key has none"),
            Some(grants) => grants.iter().try_for_each(|grant| write_grant(f, grant)),
        }
    }
}

fn write_grant(f: &mut Formatter<'_>, grant: &Value) -> fmt::Result {
    write!(f, "    {}", text(grant, "id"))?;
    if let Some(name) = grant.get("name").and_then(Value::as_str) {
        write!(f, " ({name})")?;
    }
    let to = text(grant, "grantee");
    let operations: Vec<_> = texts(grant, "operations").collect();
    writeln!(f, " to {to}: {}", operations.join(", "))?;
    if let Some(how) = grant.get("covers").and_then(Value::as_str) {
        let decided = if is(grant, "decided") {
            "; it decided"
        } else {
            ""
        };
        return writeln!(
            f,
            "        covers it; it names the caller as {}{decided}",
            article(how)
        );
    }
    let why = match text(grant, "misfit") {
        "grantee" => "it names somebody else",
        "former-principal" => "it names somebody else who had the caller's name before",
        "operation" => "it does not list the operation",
        "constraint" => "the encryption context is not as it wants it",
        "source-arn" => "it is for an AWS service that calls on behalf of a resource",
        _ => "the new grant would allow more, or under a weaker constraint",
    };
    writeln!(f, "        does not cover it: {why}")?;
    if text(grant, "misfit") == "constraint"
        && let Some(constraint) = grant.get("constraint")
    {
        writeln!(f, "        it wants {constraint}")?;
    }
    Ok(())
}

/// How a grant names somebody, in words.
fn article(how: &str) -> String {
    match how {
        "user" => "the user",
        "role" => "the role of the session",
        "session" => "the session",
        "root" => "the root of the account",
        _ => "the account",
    }
    .to_owned()
}

fn write_policy(f: &mut Formatter<'_>, policy: &Value) -> fmt::Result {
    let name = text(policy, "name");
    match text(policy, "source") {
        "key-policy" => writeln!(f, "  key policy")?,
        "identity-policy" => writeln!(f, "  identity policy {name}")?,
        "permissions-boundary" => writeln!(f, "  permissions boundary {name}")?,
        _ => writeln!(f, "  session policy {name}")?,
    }
    let statements = list(policy, "statements");
    if statements.is_empty() {
        writeln!(f, "    no statements")?;
    }
    for statement in statements {
        let number = statement.get("number").and_then(Value::as_u64);
        write!(f, "    statement {}", number.unwrap_or_default())?;
        if let Some(sid) = statement.get("sid").and_then(Value::as_str) {
            write!(f, " ({sid})")?;
        }
        write!(f, ": {} ", text(statement, "effect"))?;
        if is(statement, "applies") {
            writeln!(f, "applies{}", principal(statement))?;
        } else {
            writeln!(f, "does not apply: {}", shortfall(statement))?;
        }
        for condition in list(statement, "conditions") {
            write_condition(f, condition)?;
        }
    }
    Ok(())
}

/// How the principals of a statement that applies name the caller.
fn principal(statement: &Value) -> &'static str {
    match text(statement, "principal") {
        "account" => " to the caller's account, whose own policies decide",
        "role" => " to the role of the session",
        "caller" => " to the caller itself",
        _ => "",
    }
}

/// Why a statement does not apply.
fn shortfall(statement: &Value) -> String {
    let mut why = Vec::new();
    if text(statement, "principal") == "no" {
        why.push("other principals");
    }
    if !is(statement, "action") {
        why.push("other actions");
    }
    if !is(statement, "resource") {
        why.push("other resources");
    }
    if list(statement, "conditions")
        .iter()
        .any(|it| !is(it, "holds"))
    {
        why.push("conditions that are not met");
    }
    why.join(", ")
}

fn write_condition(f: &mut Formatter<'_>, condition: &Value) -> fmt::Result {
    let wanted: Vec<_> = texts(condition, "wanted").collect();
    let found: Vec<_> = texts(condition, "found").collect();
    let found = if found.is_empty() {
        "the request does not have it".to_owned()
    } else {
        format!("the request has {}", found.join(", "))
    };
    let holds = if is(condition, "holds") {
        "met"
    } else {
        "not met"
    };
    writeln!(
        f,
        "      {holds}: {} {} {}; {found}",
        text(condition, "operator"),
        text(condition, "key"),
        wanted.join(" or "),
    )
}

/// A statement of a policy.
struct Place<'v>(&'v Value);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let number = self.0.get("statement").and_then(Value::as_u64);
        write!(f, "statement {}", number.unwrap_or_default())?;
        if let Some(sid) = self.0.get("sid").and_then(Value::as_str) {
            write!(f, " ({sid})")?;
        }
        let name = text(self.0, "policy");
        match text(self.0, "source") {
            "key-policy" => write!(f, " of the key policy"),
            "identity-policy" => write!(f, " of the identity policy {name}"),
            "permissions-boundary" => write!(f, " of the permissions boundary {name}"),
            _ => write!(f, " of the session policy {name}"),
        }
    }
}
