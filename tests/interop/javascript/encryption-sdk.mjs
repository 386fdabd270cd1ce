// encryption-sdk.mjs encrypt KEY CONTEXT SOURCE TARGET
// encryption-sdk.mjs decrypt discovery|KEY CONTEXT SOURCE TARGET
//
// The AWS Encryption SDK for JavaScript as its documentation uses it. Prints the data keys'
// provider info and the encryption context of the message.

import { CommitmentPolicy, KmsKeyringNode, buildClient } from "@aws-crypto/client-node";
import { readFile, writeFile } from "node:fs/promises";

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const [action, key, context, source, target] = process.argv.slice(2);
const input = await readFile(source);

let written, header;
if (action === "encrypt") {
  const keyring = new KmsKeyringNode({ generatorKeyId: key });
  ({ result: written, messageHeader: header } = await encrypt(keyring, input, {
    encryptionContext: JSON.parse(context),
  }));
} else {
  const keyring = new KmsKeyringNode(key === "discovery" ? { discovery: true } : { keyIds: [key] });
  ({ plaintext: written, messageHeader: header } = await decrypt(keyring, input));
  for (const [name, value] of Object.entries(JSON.parse(context))) {
    if (header.encryptionContext[name] !== value) {
      throw new Error(`the encryption context has no ${name}=${value}`);
    }
  }
}
await writeFile(target, written);
console.log(
  JSON.stringify({
    keys: header.encryptedDataKeys.map((dataKey) => dataKey.providerInfo),
    context: { ...header.encryptionContext },
  }),
);
