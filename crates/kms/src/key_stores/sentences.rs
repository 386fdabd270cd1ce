//! What a caller is told of custom key stores, beside what the outside does wrong.
//!
//! A part of the one translator, `error`. AWS documents the exceptions and few of their texts;
//! the sentences are ours unless one is cited.

use strongroom_model::{
    enums::{ConnectionStateType, OriginType},
    errors::ErrorCode as E,
    limits,
};

use crate::error::KmsError;

impl KmsError {
    pub(crate) fn no_such_key_store(id: &str) -> Self {
        Self::new(
            E::CustomKeyStoreNotFoundException,
            format!("Custom key store {id} does not exist."),
        )
    }

    pub(crate) fn no_key_store_of_name(name: &str) -> Self {
        Self::new(
            E::CustomKeyStoreNotFoundException,
            format!("Custom key store with the name {name} does not exist."),
        )
    }

    pub(crate) fn key_store_state(id: &str, state: ConnectionStateType) -> Self {
        Self::new(
            E::CustomKeyStoreInvalidStateException,
            format!(
                "Custom key store {id} is {} which is not valid for this operation.",
                state.as_str()
            ),
        )
    }

    pub(crate) fn key_store_name_in_use(name: &str) -> Self {
        Self::new(
            E::CustomKeyStoreNameInUseException,
            format!("A custom key store with the name {name} already exists."),
        )
    }

    pub(crate) fn key_store_has_keys(id: &str) -> Self {
        Self::new(
            E::CustomKeyStoreHasCMKsException,
            format!("Custom key store {id} contains KMS keys."),
        )
    }

    pub(crate) fn key_store_quota(usage: usize) -> Self {
        Self::new(
            E::LimitExceededException,
            format!(
                "Custom key store quota for this account in this region is {}, current usage is \
                 {usage}.",
                limits::KEY_STORES_PER_ACCOUNT
            ),
        )
    }

    pub(crate) fn proxy_uri_in_use(endpoint: &str, path: &str) -> Self {
        Self::new(
            E::XksProxyUriInUseException,
            format!("{endpoint}{path} is already used by another external key store."),
        )
    }

    pub(crate) fn proxy_endpoint_in_use(endpoint: &str) -> Self {
        Self::new(
            E::XksProxyUriEndpointInUseException,
            format!(
                "{endpoint} is already used by an external key store of another connectivity type."
            ),
        )
    }

    pub(crate) fn no_such_endpoint_service(name: &str) -> Self {
        Self::new(
            E::XksProxyVpcEndpointServiceNotFoundException,
            format!("VPC endpoint service {name} could not be found."),
        )
    }

    pub(crate) fn endpoint_service_is_elsewhere(name: &str, endpoint: &str) -> Self {
        Self::new(
            E::XksProxyVpcEndpointServiceInvalidConfigurationException,
            format!("VPC endpoint service {name} does not serve {endpoint}."),
        )
    }

    pub(crate) fn endpoint_service_in_use(name: &str) -> Self {
        Self::new(
            E::XksProxyVpcEndpointServiceInUseException,
            format!("VPC endpoint service {name} is already used by another external key store."),
        )
    }

    pub(crate) fn no_such_cluster(id: &str) -> Self {
        Self::new(
            E::CloudHsmClusterNotFoundException,
            format!("CloudHSM cluster {id} could not be found."),
        )
    }

    pub(crate) fn cluster_in_use(id: &str) -> Self {
        Self::new(
            E::CloudHsmClusterInUseException,
            format!(
                "CloudHSM cluster {id}, or one that shares its backup history, is already used by \
                 another custom key store."
            ),
        )
    }

    pub(crate) fn cluster_not_related(id: &str) -> Self {
        Self::new(
            E::CloudHsmClusterNotRelatedException,
            format!(
                "CloudHSM cluster {id} does not share the backup history of the cluster of the \
                 custom key store."
            ),
        )
    }

    pub(crate) fn wrong_trust_anchor(cluster: &str) -> Self {
        Self::new(
            E::IncorrectTrustAnchorException,
            format!("The certificate is not the trust anchor of CloudHSM cluster {cluster}."),
        )
    }

    pub(crate) fn external_key_in_use(id: &str) -> Self {
        Self::new(
            E::XksKeyAlreadyInUseException,
            format!(
                "External key {id} is already used by another KMS key of the custom key store."
            ),
        )
    }

    pub(crate) fn external_key_unfit(id: &str, why: &str) -> Self {
        Self::new(
            E::XksKeyInvalidConfigurationException,
            format!("External key {id} {why}."),
        )
    }

    /// What keys in a custom key store cannot be.
    pub(crate) fn not_in_key_store(what: &str) -> Self {
        Self::unsupported(format!("{what} is not supported in a custom key store."))
    }

    /// A parameter that has no meaning together with another.
    pub(crate) fn parameter_of_other_kind(parameter: &str, kind: &str) -> Self {
        Self::validation(format!(
            "{parameter} is not valid for a custom key store of type {kind}."
        ))
    }

    /// A parameter that another one makes necessary.
    pub(crate) fn parameter_missing(parameter: &str, kind: &str) -> Self {
        Self::validation(format!(
            "{parameter} is required for a custom key store of type {kind}."
        ))
    }

    pub(crate) fn origin_of_other_store(origin: OriginType, id: &str) -> Self {
        Self::validation(format!(
            "Origin {} does not match the type of custom key store {id}.",
            origin.as_str()
        ))
    }
}
