//! OIDC providers.

use serde_json::{Value, json};
use strongroom_model::AccountId;

use super::{Act, date, misplaced, named, put};
use crate::{
    identities::{arn, error::IdentityError, record::ProviderRecord},
    layout,
    service::Service,
};

impl Service {
    pub(super) async fn act_on_provider(
        &self,
        account: AccountId,
        act: Act,
    ) -> Result<Value, IdentityError> {
        Ok(match act {
            Act::CreateOidcProvider { url, provider } => {
                let url = without_scheme(&url)?;
                let created: ProviderRecord = self
                    .create(account, url, provider, "CreateOpenIDConnectProvider")
                    .await?;
                json!({ "OpenIDConnectProviderArn": provider_arn(account, &created) })
            }
            Act::UpdateOidcProvider {
                url,
                client_ids,
                jwks,
                jwks_url,
            } => {
                let url = without_scheme(&url)?;
                let told = || named::<ProviderRecord>("UpdateOpenIDConnectProvider", url);
                self.edit(account, url, told, |provider: &mut ProviderRecord| {
                    let declared = &mut provider.declared;
                    if let Some(ids) = &client_ids {
                        declared.client_ids.clone_from(ids);
                    }
                    if jwks.is_some() || jwks_url.is_some() {
                        declared.jwks.clone_from(&jwks);
                        declared.jwks_url.clone_from(&jwks_url);
                    }
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::GetOidcProvider { url } => {
                let url = without_scheme(&url)?;
                let provider: ProviderRecord = self.find_identity(account, url).await?;
                let mut told = json!({
                    "OpenIDConnectProviderArn": provider_arn(account, &provider),
                    "Url": provider.url,
                    "ClientIDList": provider.declared.client_ids,
                    "CreateDate": date(provider.created),
                });
                put(
                    &mut told,
                    "JwksUrl",
                    provider.declared.jwks_url.map(Value::from),
                );
                put(
                    &mut told,
                    "Jwks",
                    provider.declared.jwks.map(|keys| keys.value()),
                );
                told
            }
            Act::ListOidcProviders => {
                let all = self.all_of(&layout::oidc_providers(account)).await?;
                let arns = all
                    .iter()
                    .map(|(_, it)| json!({ "Arn": provider_arn(account, it) }));
                json!({ "OpenIDConnectProviderList": arns.collect::<Vec<_>>() })
            }
            Act::DeleteOidcProvider { url } => {
                let url = without_scheme(&url)?;
                self.delete(
                    account,
                    url,
                    "DeleteOpenIDConnectProvider",
                    |_: &ProviderRecord| None,
                )
                .await?;
                json!({})
            }
            _ => return Err(misplaced()),
        })
    }
}

fn without_scheme(url: &str) -> Result<&str, IdentityError> {
    let refused = || IdentityError::invalid("The URL of a provider begins with https://");
    url.strip_prefix("https://")
        .map(|url| url.trim_end_matches('/'))
        .ok_or_else(refused)
}

fn provider_arn(account: AccountId, provider: &ProviderRecord) -> String {
    arn(account, "oidc-provider", "/", &provider.url)
}
