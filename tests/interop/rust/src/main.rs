//! The stories of `tests/interop/story.py`, told by the AWS SDK for Rust. The endpoint, the Region
//! and the credentials come from the environment, as everywhere.

use std::{collections::HashMap, env, error::Error};

use aws_sdk_kms::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        decrypt::{DecryptError, DecryptOutput},
        encrypt::EncryptOutput,
    },
    primitives::Blob,
    types::{DataKeySpec, KeySpec, KeyUsageType, SigningAlgorithmSpec},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

type Told<T> = Result<T, Box<dyn Error>>;

const MESSAGE: &[u8] = b"attack at dawn";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Told<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let client = client()?;
    let report = match words.as_slice() {
        ["aliases", alias, context] => {
            let context = serde_json::from_str(context)?;
            Aliases {
                client,
                alias,
                context,
            }
            .story()
            .await?
        }
        ["signatures"] => signatures(&client).await?,
        _ => return Err(format!("there is no story {words:?}").into()),
    };
    println!("{report}");
    Ok(())
}

fn client() -> Told<Client> {
    let credentials = Credentials::new(
        env::var("AWS_ACCESS_KEY_ID")?,
        env::var("AWS_SECRET_ACCESS_KEY")?,
        None,
        None,
        "environment",
    );
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(env::var("AWS_ENDPOINT_URL_KMS")?)
        .region(Region::new(env::var("AWS_REGION")?))
        .credentials_provider(credentials)
        .build();
    Ok(Client::from_conf(config))
}

struct Aliases<'a> {
    client: Client,
    alias: &'a str,
    context: HashMap<String, String>,
}

impl Aliases<'_> {
    async fn story(&self) -> Told<Value> {
        let (client, alias) = (&self.client, self.alias);
        let (first, second) = (new_key(client).await?, new_key(client).await?);
        for name in [alias.to_owned(), format!("{alias}-b"), format!("{alias}-c")] {
            let create = client.create_alias().alias_name(name);
            create.target_key_id(&first).send().await?;
        }

        let sealed = self.encrypt().await?;
        let old = sealed.ciphertext_blob().ok_or("no ciphertext")?;
        let update = client.update_alias().alias_name(alias);
        update.target_key_id(&second).send().await?;
        let opened = self.decrypt(old, None).await?;
        let moved = self.encrypt().await?;
        let data_key = client.generate_data_key().key_id(alias);
        let data_key = data_key
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(self.context.clone()))
            .send()
            .await?;
        let mut pages = Vec::new();
        let mut listing = client.list_aliases().limit(2).into_paginator().send();
        while let Some(page) = listing.next().await {
            let page = page?;
            let names = page.aliases().iter().filter_map(|entry| entry.alias_name());
            pages.push(names.map(str::to_owned).collect::<Vec<_>>());
        }
        let wrong_key = self.decrypt(old, Some(alias)).await;
        if !matches!(&wrong_key, Err(error) if error.as_service_error().is_some_and(DecryptError::is_incorrect_key_exception))
        {
            return Err(format!("not the SDK's IncorrectKeyException: {wrong_key:?}").into());
        }
        let garbled = self.decrypt(&Blob::new("not a ciphertext"), None).await;
        let missing = client
            .describe_key()
            .key_id(format!("{alias}-missing"))
            .send()
            .await;
        let text = opened.plaintext().ok_or("no plaintext")?;
        Ok(json!({
            "first": first,
            "second": second,
            "sealed": { "key": sealed.key_id(), "blob": base64(sealed.ciphertext_blob()) },
            "opened": { "key": opened.key_id(), "text": String::from_utf8(text.as_ref().to_vec())? },
            "moved": { "key": moved.key_id(), "blob": base64(moved.ciphertext_blob()) },
            "dataKey": {
                "key": data_key.key_id(),
                "blob": base64(data_key.ciphertext_blob()),
                "plain": base64(data_key.plaintext()),
            },
            "pages": pages,
            "wrongKey": refusal(wrong_key)?,
            "garbled": refusal(garbled)?,
            "missing": refusal(missing)?,
        }))
    }

    async fn encrypt(&self) -> Told<EncryptOutput> {
        let encrypt = self
            .client
            .encrypt()
            .key_id(self.alias)
            .plaintext(Blob::new(MESSAGE));
        Ok(encrypt
            .set_encryption_context(Some(self.context.clone()))
            .send()
            .await?)
    }

    async fn decrypt(
        &self,
        blob: &Blob,
        key: Option<&str>,
    ) -> Result<DecryptOutput, SdkError<DecryptError>> {
        self.client
            .decrypt()
            .ciphertext_blob(blob.clone())
            .set_key_id(key.map(str::to_owned))
            .set_encryption_context(Some(self.context.clone()))
            .send()
            .await
    }
}

async fn new_key(client: &Client) -> Told<String> {
    let made = client.create_key().send().await?;
    let arn = made.key_metadata().and_then(|metadata| metadata.arn());
    Ok(arn.ok_or("a key without an ARN")?.to_owned())
}

async fn signatures(client: &Client) -> Told<Value> {
    let mut told = serde_json::Map::new();
    for (spec, algorithm) in [
        (KeySpec::Rsa2048, SigningAlgorithmSpec::RsassaPssSha256),
        (KeySpec::EccNistP256, SigningAlgorithmSpec::EcdsaSha256),
    ] {
        let made = client.create_key().key_spec(spec.clone());
        let made = made.key_usage(KeyUsageType::SignVerify).send().await?;
        let key = made.key_metadata().and_then(|metadata| metadata.arn());
        let key = key.ok_or("a key without an ARN")?;
        let public_key = client.get_public_key().key_id(key).send().await?;
        let sign = client.sign().key_id(key).message(Blob::new(MESSAGE));
        let signed = sign.signing_algorithm(algorithm.clone()).send().await?;
        let verify = |message: &[u8]| {
            client
                .verify()
                .key_id(key)
                .message(Blob::new(message))
                .set_signature(signed.signature().cloned())
                .signing_algorithm(algorithm.clone())
                .send()
        };
        let report = json!({
            "algorithms": public_key.signing_algorithms().iter().map(|one| one.as_str()).collect::<Vec<_>>(),
            "publicKey": base64(public_key.public_key()),
            "signature": base64(signed.signature()),
            "valid": verify(MESSAGE).await?.signature_valid(),
            "tampered": refusal(verify(b"attack at dusk").await)?,
        });
        told.insert(spec.as_str().to_owned(), report);
    }
    Ok(Value::Object(told))
}

/// What the call was refused with, as the SDK's users see it.
fn refusal<T, E: ProvideErrorMetadata + Error>(answer: Result<T, SdkError<E>>) -> Told<Value> {
    match answer {
        Err(SdkError::ServiceError(refused)) => {
            Ok(json!({ "code": refused.err().code(), "message": refused.err().message() }))
        }
        Err(other) => Err(format!("not refused by the service: {other}").into()),
        Ok(_) => Err("the call was not refused".into()),
    }
}

fn base64(blob: Option<&Blob>) -> Option<String> {
    blob.map(|blob| STANDARD.encode(blob))
}
