// The stories of tests/interop/story.py, told by the AWS SDK for JavaScript v3. The endpoint, the
// Region and the credentials come from the environment, as everywhere.

import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  KMSClient,
  KMSServiceException,
  SignCommand,
  UpdateAliasCommand,
  VerifyCommand,
  paginateListAliases,
} from "@aws-sdk/client-kms";

const client = new KMSClient();
const bytes = (text) => new TextEncoder().encode(text);
const base64 = (array) => Buffer.from(array).toString("base64");
const stories = { aliases, signatures };

async function aliases(alias, context) {
  const newKey = async () => (await client.send(new CreateKeyCommand())).KeyMetadata.Arn;
  const [first, second] = [await newKey(), await newKey()];
  for (const name of [alias, `${alias}-b`, `${alias}-c`]) {
    await client.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: first }));
  }
  const EncryptionContext = JSON.parse(context);
  const encrypt = () =>
    client.send(new EncryptCommand({ KeyId: alias, Plaintext: bytes("attack at dawn"), EncryptionContext }));
  const decrypt = (CiphertextBlob, KeyId) =>
    client.send(new DecryptCommand({ CiphertextBlob, KeyId, EncryptionContext }));

  const sealed = await encrypt();
  await client.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: second }));
  const opened = await decrypt(sealed.CiphertextBlob);
  const moved = await encrypt();
  const dataKey = await client.send(
    new GenerateDataKeyCommand({ KeyId: alias, KeySpec: "AES_256", EncryptionContext }),
  );
  const pages = [];
  for await (const page of paginateListAliases({ client, pageSize: 2 }, {})) {
    pages.push(page.Aliases.map((entry) => entry.AliasName));
  }
  return {
    first,
    second,
    sealed: { key: sealed.KeyId, blob: base64(sealed.CiphertextBlob) },
    opened: { key: opened.KeyId, text: new TextDecoder().decode(opened.Plaintext) },
    moved: { key: moved.KeyId, blob: base64(moved.CiphertextBlob) },
    dataKey: { key: dataKey.KeyId, blob: base64(dataKey.CiphertextBlob), plain: base64(dataKey.Plaintext) },
    pages,
    wrongKey: await refusal(decrypt(sealed.CiphertextBlob, alias)),
    garbled: await refusal(decrypt(bytes("not a ciphertext"))),
    missing: await refusal(client.send(new DescribeKeyCommand({ KeyId: `${alias}-missing` }))),
  };
}

async function signatures() {
  const told = {};
  for (const [KeySpec, SigningAlgorithm] of [
    ["RSA_2048", "RSASSA_PSS_SHA_256"],
    ["ECC_NIST_P256", "ECDSA_SHA_256"],
  ]) {
    const made = await client.send(new CreateKeyCommand({ KeySpec, KeyUsage: "SIGN_VERIFY" }));
    const KeyId = made.KeyMetadata.Arn;
    const publicKey = await client.send(new GetPublicKeyCommand({ KeyId }));
    const Message = bytes("attack at dawn");
    const { Signature } = await client.send(new SignCommand({ KeyId, Message, SigningAlgorithm }));
    const verify = (message) =>
      client.send(new VerifyCommand({ KeyId, Message: message, Signature, SigningAlgorithm }));
    told[KeySpec] = {
      algorithms: publicKey.SigningAlgorithms,
      publicKey: base64(publicKey.PublicKey),
      signature: base64(Signature),
      valid: (await verify(Message)).SignatureValid,
      tampered: await refusal(verify(bytes("attack at dusk"))),
    };
  }
  return told;
}

// What the call is refused with, as the SDK's users see it.
async function refusal(call) {
  try {
    await call;
  } catch (error) {
    if (error instanceof KMSServiceException) {
      return { code: error.name, message: error.message };
    }
    throw error;
  }
  throw new Error("the call was not refused");
}

const [story, ...words] = process.argv.slice(2);
console.log(JSON.stringify(await stories[story](...words)));
