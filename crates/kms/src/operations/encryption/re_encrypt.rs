//! ReEncrypt: a ciphertext moves to another key, context or material without its plaintext
//! leaving the service.
//!
//! AWS: API reference, "ReEncrypt".

use strongroom_model::{
    enums::EncryptionAlgorithmSpec,
    shapes::{ReEncryptRequest, ReEncryptResponse},
};

use super::{Source, check_algorithm, check_context, check_length};
use crate::{
    call::{Attempt, Call, Found, Key},
    error::KmsError,
    uses,
};

/// Decrypts under the source key and encrypts under the destination key, which may be the same.
///
/// Two permissions: `kms:ReEncryptFrom` on the source, `kms:ReEncryptTo` on the destination. The
/// source is judged as by Decrypt, then the destination as by Encrypt.
///
/// # Errors
///
/// Those of Decrypt and of Encrypt.
pub(crate) async fn re_encrypt(
    call: &Call<'_>,
    input: &ReEncryptRequest,
) -> Attempt<ReEncryptResponse> {
    let source = Source::new(
        input.ciphertext_blob.as_deref(),
        input.source_key_id.as_deref(),
        input.source_encryption_algorithm,
        input.dry_run,
        input.dry_run_modifiers.as_deref(),
    );
    let algorithm = input
        .destination_encryption_algorithm
        .unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);

    let (from, header) = source.find(call).await?;
    let to = call.find_key_or_alias(&input.destination_key_id).await?;
    let same = Some(same_key(&from, &to));
    let from = source
        .permit::<uses::ReEncryptFrom>(call, from, same)
        .await?;
    let to = call
        .permit_one_of_two::<uses::ReEncryptTo>(to, same)
        .await?;
    source.check_maker(&from, header.as_ref())?;

    let from = from.usable()?;
    check_algorithm(&from, source.algorithm)?;
    let to = to.usable()?;
    check_algorithm(&to, algorithm)?;
    let old_context = input.source_encryption_context.as_ref();
    let new_context = input.destination_encryption_context.as_ref();
    check_context(&from, old_context)?;
    check_context(&to, new_context)?;

    let Some(blob) = source.ciphertext() else {
        call.stop_if_dry_run()?;
        return Err(KmsError::invalid_ciphertext().into());
    };
    let old = call.material_of(&from, header.as_ref()).await?;
    let plaintext = old.open(source.algorithm, blob, old_context).await?;
    check_length(&to, algorithm, &plaintext)?;
    let new = call.material(&to).await?;
    let ciphertext = new.seal(algorithm, &plaintext, new_context).await?;
    Ok(ReEncryptResponse {
        ciphertext_blob: Some(ciphertext),
        source_key_id: Some(from.arn().text()),
        key_id: Some(to.arn().text()),
        source_encryption_algorithm: Some(source.algorithm),
        destination_encryption_algorithm: Some(algorithm),
        source_key_material_id: old.id(),
        destination_key_material_id: new.id(),
    })
}

/// Whether both references stand for one key.
fn same_key(from: &Found<Key>, to: &Found<Key>) -> bool {
    match (from, to) {
        (Found::Here(from), Found::Here(to)) => from.arn() == to.arn(),
        _ => false,
    }
}
