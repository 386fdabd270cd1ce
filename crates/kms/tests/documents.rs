//! The pages that are printed from the tables: they say what the code says, or this fails.
//!
//! `STRONGROOM_UPDATE_DOCUMENTS=1 cargo test -p strongroom-kms --test documents` prints them anew.

#![expect(clippy::unwrap_used, reason = "a test fails where it goes wrong")]

mod clients;

use std::{fmt::Write as _, path::PathBuf};

use strongroom_kms::{
    permission::topics::{ACCOUNT_USE_TOPICS, KEY_USE_TOPICS, OF_KEYS, Topics},
    recorded::{self, Answer},
    specs,
    uses::{ACCOUNT_USES, Cell, Grants, KEY_USES, Reach, STATES},
};
use strongroom_model::{
    enums::{KeySpec, KeyState},
    operations::Operation,
};

fn check(page: &str, printed: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(page);
    if std::env::var_os("STRONGROOM_UPDATE_DOCUMENTS").is_some() {
        std::fs::write(&path, printed).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == printed,
        "docs/{page} is not what the tables say; print it anew"
    );
}

fn mark(cell: Cell, state: KeyState) -> &'static str {
    match (cell, state) {
        (Cell::Allow, _) => "ok",
        (Cell::NotPending, _) => "NPD",
        (Cell::Refuse, KeyState::Disabled) => "D",
        (Cell::Refuse, KeyState::PendingDeletion) => "PD",
        (Cell::Refuse, KeyState::PendingReplicaDeletion) => "PRD",
        (Cell::Refuse, KeyState::PendingImport) => "PI",
        (Cell::Refuse, KeyState::Unavailable) => "UA",
        (Cell::Refuse, KeyState::Creating) => "CR",
        (Cell::Refuse, KeyState::Updating) => "UP",
        (Cell::Refuse, KeyState::Enabled) => "no",
    }
}

#[test]
fn the_page_of_key_states_is_the_table_of_uses() {
    let mut page = String::from(
        "# Key states\n\n\
         Every way in which an operation uses a KMS key, and what the state of the key does to \
         it. Printed from `crates/kms/src/uses.rs`; to be read beside AWS's page \"Key states of \
         AWS KMS keys\".\n\n\
         | mark | answer |\n| --- | --- |\n\
         | ok | the use goes on |\n\
         | D | `DisabledException`: `<key ARN> is disabled.` |\n\
         | PD, PRD | `KMSInvalidStateException`: `<key ARN> is pending deletion.`, `… is pending \
         replica deletion.` |\n\
         | NPD | `KMSInvalidStateException`: `<key ARN> is not pending deletion.` |\n\
         | PI, UA, CR, UP | `KMSInvalidStateException`: `<key ARN> is pending import.`, `… is \
         unavailable.`, `… is creating.`, `… is updating.` |\n\n",
    );
    page.push_str("| use | action | accounts | grants | key usage |");
    for state in STATES {
        write!(page, " {} |", state.as_str()).unwrap();
    }
    page.push_str("\n|");
    page.push_str(&" --- |".repeat(5 + STATES.len()));
    page.push('\n');
    for row in KEY_USES {
        let accounts = match row.reach {
            Reach::OwnAccount => "own",
            Reach::AnyAccount => "any",
        };
        let grants = match row.grants {
            Grants::Count => "count",
            Grants::DoNotCount => "do not count",
        };
        let needs = row.needs.usage().map_or("any", |usage| usage.as_str());
        let (name, action) = (row.name, row.action);
        write!(
            page,
            "| {name} | `{action}` | {accounts} | {grants} | {needs} |"
        )
        .unwrap();
        for state in STATES {
            write!(page, " {} |", mark(row.cell(state), state)).unwrap();
        }
        page.push('\n');
    }
    check("key-states.md", &page);
}

/// Names as the cell of a table has them.
fn names(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[test]
fn the_page_of_the_audit_is_the_table_of_what_is_recorded() {
    let mut page = include_str!("audit/before.md").to_owned();
    page.push_str(
        "| operation | | `requestParameters` | `responseElements` | `additionalEventData` |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for operation in Operation::ALL {
        let row = recorded::row(*operation);
        let kind = if recorded::read_only(*operation) {
            "R"
        } else {
            "W"
        };
        let answer = match row.answer {
            Answer::Null => "null".to_owned(),
            Answer::KeyId => names(&["keyId"]),
            Answer::Members(members) => names(members),
        };
        let (request, additional) = (names(row.request), names(row.additional));
        writeln!(
            page,
            "| {operation} | {kind} | {request} | {answer} | {additional} |"
        )
        .unwrap();
    }
    page.push_str(include_str!("audit/after.md"));
    check("audit.md", &page);
}

#[test]
fn the_page_of_condition_keys_is_the_table_of_topics() {
    let mut page = String::from(
        "# Condition keys\n\n\
         What policies may ask about each use of a KMS key or of the account. Printed from \
         `crates/kms/src/permission/topics.rs`; to be read beside AWS's page \"AWS KMS condition \
         keys\" and `docs/key-states.md`, which says what the uses are. A condition key that is \
         not in the row of a use is absent from its requests. No condition key of KMS applies to \
         the uses of aliases.\n\n\
         Every use has `aws:SourceIp`, `aws:SecureTransport`, `aws:UserAgent`, `aws:CurrentTime`, \
         `aws:EpochTime`, `aws:RequestedRegion`, `aws:ResourceAccount`, \
         `aws:PrincipalIsAWSService`, `aws:ViaAWSService`, and those that follow from the caller: \
         `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:PrincipalTag/*key*`, \
         `aws:userid`, `aws:username`, and for temporary credentials `aws:TokenIssueTime`, \
         `aws:MultiFactorAuthPresent`, `aws:MultiFactorAuthAge`, `aws:FederatedProvider`, \
         `aws:SourceIdentity`.\n\n",
    );
    let keys = |topics: Topics| {
        let names = topics.iter().flat_map(|topic| topic.keys().split(", "));
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    writeln!(page, "Every use of a key has {}.\n", keys(OF_KEYS)).unwrap();
    page.push_str("| use of a key | action | condition keys besides |\n| --- | --- | --- |\n");
    for (row, (name, topics)) in KEY_USES.iter().zip(KEY_USE_TOPICS) {
        assert_eq!(row.name, *name);
        let besides = keys(topics.without(OF_KEYS));
        writeln!(page, "| {name} | `{}` | {besides} |", row.action).unwrap();
    }
    page.push_str("\n| use of the account | action | condition keys |\n| --- | --- | --- |\n");
    for ((name, action), (_, topics)) in ACCOUNT_USES.iter().zip(ACCOUNT_USE_TOPICS) {
        writeln!(page, "| {name} | `{action}` | {} |", keys(*topics)).unwrap();
    }
    check("condition-keys.md", &page);
}

#[test]
fn the_page_of_compatibility_is_the_list_of_operations() {
    let mut page = format!(
        "# Compatibility\n\n\
         The service model has {} operations. Every one of them is checked against the model's \
         constraints and does what AWS documents, but for the differences below.\n\n\
         | operation | state |\n| --- | --- |\n",
        Operation::ALL.len(),
    );
    for operation in Operation::ALL {
        writeln!(page, "| {} | works |", operation.name()).unwrap();
    }
    page.push_str(
        "\n## Key specs\n\n\
         Every key spec that AWS has, with Origin AWS_KMS or EXTERNAL. Printed from \
         `crates/kms/src/specs.rs`, in the order in which algorithms are told.\n\n\
         | key spec | key usage | algorithms |\n| --- | --- | --- |\n",
    );
    for spec in KeySpec::ALL {
        for row in specs::of(*spec) {
            let (usage, names) = (row.usage(), row.names().join(", "));
            writeln!(page, "| {spec} | {usage} | {names} |").unwrap();
        }
    }
    page.push_str(
        "\n## Clients\n\n\
         Unmodified clients that do their work against a running server in every run of the tests; \
         one whose toolchain is missing on the machine is left out, and the run says so. In \
         `tests/interop` the server verifies every signature, but for the Encryption SDK for \
         Python and its CLI, which work with plain `dev`.\n\n\
         | client | version | what was exercised | test |\n| --- | --- | --- | --- |\n",
    );
    for client in clients::CLIENTS {
        let (name, exercised, test) = (client.name, client.exercised, client.test);
        let version = client.pin.version();
        writeln!(page, "| {name} | {version} | {exercised} | `{test}` |").unwrap();
    }
    page.push_str(
        "\n## Known differences\n\n\
         - SYMMETRIC_DEFAULT is AES-256-GCM in every Region; AWS uses SM4 in China. SM2 keys exist \
         in Regions whose names begin with `cn-`, and elsewhere if `sm2_everywhere` is set. ML-KEM \
         keys exist in China too.\n\
         - Principals of accounts that this installation does not look after are taken to exist, \
         in key policies and in grants. `kms:ViaService` and `aws:SourceVpce` are absent from every \
         request, and `kms:GrantIsForAWSResource` is false. Resource control policies and service \
         control policies do not exist.\n\
         - Whether a key of another account exists is never told: a caller whose own policies do \
         not allow the use hears of those, whatever there is, and everybody else the same sentence. \
         Conditions on properties of the key do not hold for that answer.\n\
         - An attestation document must lead to the root certificate that `--attestation-root` \
         names; without one, the `Recipient` parameter is answered with `ValidationException`. The \
         sentence about a document that is not valid is ours: AWS's is not known.\n\
         - A grant is effective and without effect when the call returns; grant tokens are accepted \
         everywhere and needed nowhere.\n\
         - A rotation that is due takes effect at the first use after its date or within some \
         seconds, whichever comes first. Dates that pass while no server runs, or while the key is \
         disabled, bring one new material, and the schedule goes on from its dates. A rotation on \
         demand is over when its call returns, so OnDemandRotationStartDate is never shown.\n\
         - GetKeyLastUsage tells of a use from the moment of its reply. Uses are written down about \
         once a minute and when the server stops; a crash takes back those that were not. Keys are \
         tracked from their creation on.\n\
         - Key material of Ed25519, ML-DSA and ML-KEM keys is not imported: \
         GetParametersForImport answers `UnsupportedOperationException`. The parameters of an \
         import are used up by it.\n\
         - Custom key stores: a VPC endpoint service is a name that the operator declares; a \
         CloudHSM cluster is a PKCS#11 token that the operator declares, and its password is not \
         rotated. ConnectCustomKeyStore asks it after its answer, so what is wrong with it is told \
         as ConnectionErrorCode and not as an exception. Connecting and disconnecting take moments.\n\
         - STS is GetCallerIdentity, AssumeRole, AssumeRoleWithWebIdentity and GetSessionToken. \
         There are no devices of a second factor: SerialNumber and TokenCode are answered as \
         for ones that do not exist. Managed policies are those of the account, not those of \
         AWS; the sentence for PolicyArns that do not exist is ours. ProvidedContexts and ProviderId are refused, \
         MinimumSessionTokenSize has no effect. Presigned requests are answered for \
         GetCallerIdentity only.\n\
         - A trust policy may name users and roles that do not exist, which AWS refuses; one \
         that is made later under the name is trusted. `strongroom explain` remembers calls of \
         KMS, and none of STS.\n\
         - Session policies and tags have 4,096 bytes together in a session; AWS's packing is \
         not published, so PackedPolicySize differs. The sentences about a provider's keys that \
         cannot be fetched and about a signature of a web identity token are ours.\n\
         - In plain `dev` AssumeRole gives a session of every well-formed role ARN: of a \
         declared role with its longest duration and unique id, and of one that nobody \
         declared, which is taken at its word like an access key, with a unique id that follows \
         from account and name. With `--enforce` such sessions do not come in. Web identity \
         tokens are taken at their word, too, whoever signed them and whenever, but have to be \
         tokens.\n\
         - Changes are effective everywhere when the call returns; AWS lets them take seconds to \
         minutes.\n\
         - An encryption context may have 8,192 bytes of keys and values; AWS documents no \
         limit.\n",
    );
    check("compatibility.md", &page);
}

#[test]
fn every_client_that_is_tested_is_on_the_page() {
    let interop = clients::root().join("tests/interop");
    for file in std::fs::read_dir(interop).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if name.starts_with("test_") {
            let test = format!("tests/interop/{name}");
            assert!(
                clients::CLIENTS.iter().any(|client| client.test == test),
                "{test} has no row among the clients"
            );
        }
    }
    for client in clients::CLIENTS {
        assert!(
            clients::root().join(client.test).exists(),
            "{}",
            client.test
        );
    }
}
