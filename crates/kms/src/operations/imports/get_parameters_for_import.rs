//! GetParametersForImport: a public key to wrap key material with, and the token that belongs to
//! it.
//!
//! AWS: API reference, "GetParametersForImport"; developer guide, "Select a wrapping algorithm".

use strongroom_model::{
    Plaintext,
    enums::{AlgorithmSpec, KeySpec, WrappingKeySpec},
    shapes::{GetParametersForImportRequest, GetParametersForImportResponse},
};

use super::{check_origin, importable};
use crate::{
    call::{Attempt, Call},
    error::KmsError,
    import, uses,
};

/// Makes a wrapping key for one import into the key. Public key and token are one set, good for
/// 24 hours and for this key only; any number of sets may be outstanding.
///
/// # Errors
///
/// - `KMSInvalidStateException`: the key is pending deletion.
/// - `UnsupportedOperationException`: the key's material does not come from outside, material of
///   its spec is not imported, or the wrapping algorithm is not offered or cannot carry it.
pub(crate) async fn get_parameters_for_import(
    call: &Call<'_>,
    input: &GetParametersForImportRequest,
) -> Attempt<GetParametersForImportResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call
        .permit::<uses::GetParametersForImport>(key)
        .await?
        .usable()?;
    check_origin(&key)?;
    if !importable(key.record().spec) {
        return Err(KmsError::unsupported(format!(
            "Key material of KeySpec {} cannot be imported.",
            key.record().spec.as_str()
        ))
        .into());
    }
    let (algorithm, spec) = (input.wrapping_algorithm, input.wrapping_key_spec);
    let sm2_offered = call.service().offers(KeySpec::Sm2, &call.home().region);
    check_wrapping(key.record().spec, algorithm, spec, sm2_offered)?;

    let offer = import::offer(call.service(), &key, algorithm, spec, call.now()).await?;
    call.commit(offer.change).await?;
    Ok(GetParametersForImportResponse {
        key_id: Some(key.arn().text()),
        import_token: Some(Plaintext::new(offer.token)),
        public_key: Some(Plaintext::new(offer.public_key)),
        parameters_valid_to: Some(offer.valid_to),
    })
}

/// Refuses a way of wrapping that is not offered, or that cannot carry the key's material.
///
/// RSA private keys are longer than anything that OAEP encrypts, and so is a P-521 private key
/// for a wrapping key of 2048 bits. AWS documents the rules and not its words for them.
fn check_wrapping(
    key: KeySpec,
    algorithm: AlgorithmSpec,
    wrapping: WrappingKeySpec,
    sm2_offered: bool,
) -> Result<(), KmsError> {
    let (named, with) = (algorithm.as_str(), wrapping.as_str());
    let for_sm2 = algorithm == AlgorithmSpec::Sm2pke;
    let with_sm2 = wrapping == WrappingKeySpec::Sm2;
    if algorithm == AlgorithmSpec::RsaesPkcs1V15 {
        return Err(KmsError::unsupported(format!(
            "WrappingAlgorithm {named} is not supported."
        )));
    }
    if (for_sm2 || with_sm2) && !sm2_offered {
        return Err(KmsError::unsupported(
            "WrappingKeySpec SM2 is not supported in this Region",
        ));
    }
    if for_sm2 != with_sm2 {
        return Err(KmsError::validation(format!(
            "WrappingAlgorithm {named} is not compatible with WrappingKeySpec {with}."
        )));
    }
    let direct = matches!(
        algorithm,
        AlgorithmSpec::RsaesOaepSha1 | AlgorithmSpec::RsaesOaepSha256
    );
    let too_long = match key {
        KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => direct || for_sm2,
        KeySpec::EccNistP521 => direct && wrapping == WrappingKeySpec::Rsa2048,
        _ => false,
    };
    if too_long {
        return Err(KmsError::unsupported(format!(
            "WrappingAlgorithm {named} with WrappingKeySpec {with} is not supported for key \
             material of KeySpec {}.",
            key.as_str()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        key: KeySpec,
        algorithm: AlgorithmSpec,
        wrapping: WrappingKeySpec,
    ) -> Result<(), String> {
        check_wrapping(key, algorithm, wrapping, false).map_err(|error| error.to_string())
    }

    #[test]
    fn what_cannot_carry_the_material_is_refused() {
        use AlgorithmSpec as A;
        use WrappingKeySpec as W;
        for oaep in [A::RsaesOaepSha1, A::RsaesOaepSha256] {
            for wrapping in [W::Rsa2048, W::Rsa3072, W::Rsa4096] {
                assert!(check(KeySpec::SymmetricDefault, oaep, wrapping).is_ok());
                assert!(check(KeySpec::Hmac512, oaep, wrapping).is_ok());
                assert!(check(KeySpec::EccNistP384, oaep, wrapping).is_ok());
                assert!(check(KeySpec::Rsa2048, oaep, wrapping).is_err());
            }
            assert!(check(KeySpec::EccNistP521, oaep, W::Rsa2048).is_err());
            assert!(check(KeySpec::EccNistP521, oaep, W::Rsa3072).is_ok());
        }
        for twice in [A::RsaAesKeyWrapSha1, A::RsaAesKeyWrapSha256] {
            for wrapping in [W::Rsa2048, W::Rsa3072, W::Rsa4096] {
                for key in [
                    KeySpec::Rsa4096,
                    KeySpec::EccNistP521,
                    KeySpec::SymmetricDefault,
                ] {
                    assert!(check(key, twice, wrapping).is_ok());
                }
            }
        }
    }

    #[test]
    fn the_dead_algorithm_is_refused() {
        assert_eq!(
            check(
                KeySpec::SymmetricDefault,
                AlgorithmSpec::RsaesPkcs1V15,
                WrappingKeySpec::Rsa2048
            )
            .unwrap_err(),
            "UnsupportedOperationException: WrappingAlgorithm RSAES_PKCS1_V1_5 is not supported."
        );
    }

    #[test]
    fn sm2_is_for_regions_that_offer_it_and_goes_with_its_own_algorithm() {
        let (key, sm2) = (KeySpec::SymmetricDefault, WrappingKeySpec::Sm2);
        assert!(check(key, AlgorithmSpec::Sm2pke, sm2).is_err());
        assert!(check_wrapping(key, AlgorithmSpec::Sm2pke, sm2, true).is_ok());
        assert!(check_wrapping(key, AlgorithmSpec::RsaesOaepSha256, sm2, true).is_err());
        let rsa = WrappingKeySpec::Rsa2048;
        assert!(check_wrapping(key, AlgorithmSpec::Sm2pke, rsa, true).is_err());
        assert!(check_wrapping(KeySpec::Rsa2048, AlgorithmSpec::Sm2pke, sm2, true).is_err());
    }
}
