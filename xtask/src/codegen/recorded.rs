//! `model/recorded.toml`: what an audit entry records of each operation.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::{api::Api, model::Kind, names::path};

/// The whole page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorded {
    pub(crate) operation: BTreeMap<String, OperationRow>,
    pub(crate) structure: BTreeMap<String, StructureRow>,
}

/// What is recorded of one operation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperationRow {
    pub(crate) request: Vec<String>,
    #[serde(default)]
    left_out: Vec<String>,
    #[serde(default)]
    pub(crate) names: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) default: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) resolved: Vec<String>,
    #[serde(default)]
    pub(crate) filled_in: Vec<String>,
    #[serde(default)]
    pub(crate) response: Vec<String>,
    #[serde(default)]
    pub(crate) key_id: bool,
    #[serde(default)]
    pub(crate) additional: Vec<String>,
}

/// What is recorded of a structure inside a recorded member.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StructureRow {
    pub(crate) recorded: Vec<String>,
    #[serde(default)]
    left_out: Vec<String>,
    #[serde(default)]
    pub(crate) public: BTreeMap<String, String>,
}

impl OperationRow {
    /// The name of a member in the entry.
    pub(crate) fn name(&self, member: &str) -> String {
        let own = self.names.get(member).cloned();
        own.unwrap_or_else(|| path(member))
    }
}

impl Recorded {
    /// Checks that the page decides on every member of every request, and names no secret.
    pub(crate) fn check(&self, api: &Api) -> anyhow::Result<()> {
        for (name, _) in api.operations() {
            let known = self.operation.contains_key(name);
            ensure!(known, "nothing says what is recorded of {name}");
        }
        for (name, row) in &self.operation {
            let operation = api.model.operations.get(name);
            let operation = operation.with_context(|| format!("there is no operation {name}"))?;
            let request = operation.input.shape.as_str();
            let response = operation.output.as_ref().map(|output| &output.shape);
            let in_response = |member: &String| {
                let shape = response.map(|shape| api.shape(shape));
                shape.is_some_and(|shape| shape.members.get(member).is_some())
            };
            let of_request: Vec<_> = row
                .left_out
                .iter()
                .filter(|member| api.shape(request).members.get(member).is_some())
                .cloned()
                .collect();
            for member in &row.left_out {
                let known =
                    of_request.contains(member) || !row.response.is_empty() && in_response(member);
                ensure!(known, "{name} leaves out {member}, which it does not have");
            }
            decided(api, request, &row.request, &of_request)?;
            self.fit(api, request, &row.request, &BTreeMap::new())?;
            if let Some(response) = response.filter(|_| !row.response.is_empty()) {
                let of_response: Vec<_> = row
                    .left_out
                    .iter()
                    .filter(|member| in_response(member))
                    .cloned()
                    .collect();
                decided(api, response, &row.response, &of_response)?;
                self.fit(api, response, &row.response, &BTreeMap::new())?;
            }
            let special = row.names.keys().chain(row.default.keys());
            for member in special.chain(&row.resolved).chain(&row.filled_in) {
                let recorded = row.request.contains(member);
                ensure!(recorded, "{name} does not record {member}");
            }
            let mut sorted = row.additional.clone();
            sorted.sort();
            ensure!(sorted == row.additional, "{name} has unsorted additions");
        }
        for (name, row) in &self.structure {
            ensure!(
                api.model.shapes.contains_key(name),
                "the model lacks structure {name}"
            );
            decided(api, name, &row.recorded, &row.left_out)?;
            self.fit(api, name, &row.recorded, &row.public)?;
            let reasons = row.public.values().all(|reason| !reason.trim().is_empty());
            ensure!(reasons, "{name} has a public member without a reason");
        }
        Ok(())
    }

    /// No recorded member is a secret or a blob, and every structure in one has a row of its own.
    fn fit(
        &self,
        api: &Api,
        structure: &str,
        recorded: &[String],
        public: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        for member in api.members(structure) {
            if !recorded.iter().any(|name| name == member.name) {
                continue;
            }
            let place = format!("{structure}.{}", member.name);
            let mut shape = member.shape;
            if api.shape(shape).kind == Kind::List {
                shape = api.element(shape);
            }
            let secret = member.secret || api.is_secret(member.shape) || api.is_secret(shape);
            let kind = api.shape(shape).kind;
            ensure!(
                kind != Kind::Blob,
                "{place} is a blob, which is not recorded"
            );
            ensure!(kind != Kind::List, "{place} is a list of lists");
            if public.contains_key(member.name) {
                ensure!(secret && kind == Kind::String, "{place} is public anyway");
            } else {
                ensure!(!secret, "{place} is a secret, which is not recorded");
            }
            let told = kind != Kind::Structure || self.structure.contains_key(shape);
            ensure!(told, "nothing says what is recorded of {shape} in {place}");
        }
        Ok(())
    }
}

/// Every member is either recorded or left out, and none twice.
fn decided(
    api: &Api,
    structure: &str,
    recorded: &[String],
    left_out: &[String],
) -> anyhow::Result<()> {
    let members = api.members(structure);
    let has: BTreeSet<_> = members.iter().map(|member| member.name).collect();
    let mut said = BTreeSet::new();
    for name in recorded.iter().chain(left_out) {
        ensure!(has.contains(name.as_str()), "{structure} has no {name}");
        ensure!(
            said.insert(name.as_str()),
            "{structure}.{name} is decided on twice"
        );
    }
    let open: Vec<_> = has.difference(&said).collect();
    ensure!(
        open.is_empty(),
        "model/recorded.toml does not say whether these of {structure} are recorded: {open:?}"
    );
    Ok(())
}
