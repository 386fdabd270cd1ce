import com.fasterxml.jackson.jr.ob.JSON;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.AliasListEntry;
import software.amazon.awssdk.services.kms.model.DataKeySpec;
import software.amazon.awssdk.services.kms.model.DecryptResponse;
import software.amazon.awssdk.services.kms.model.EncryptResponse;
import software.amazon.awssdk.services.kms.model.IncorrectKeyException;
import software.amazon.awssdk.services.kms.model.KeySpec;
import software.amazon.awssdk.services.kms.model.KeyUsageType;
import software.amazon.awssdk.services.kms.model.KmsException;
import software.amazon.awssdk.services.kms.model.ListAliasesResponse;
import software.amazon.awssdk.services.kms.model.SigningAlgorithmSpec;

/**
 * The stories of tests/interop/story.py, told by the AWS SDK for Java v2. The endpoint, the Region
 * and the credentials come from the environment, as everywhere.
 */
public final class Kms {
  private static final SdkBytes MESSAGE = SdkBytes.fromUtf8String("attack at dawn");

  private final KmsClient client;

  private Kms(KmsClient client) {
    this.client = client;
  }

  public static void main(String[] words) throws Exception {
    try (KmsClient client = KmsClient.create()) {
      Kms told = new Kms(client);
      Object report =
          switch (words[0]) {
            case "aliases" -> told.aliases(words[1], words[2]);
            case "signatures" -> told.signatures();
            default -> throw new IllegalArgumentException("there is no story " + words[0]);
          };
      System.out.println(JSON.std.with(JSON.Feature.WRITE_NULL_PROPERTIES).asString(report));
    }
  }

  private Map<String, Object> aliases(String alias, String contextText) throws Exception {
    Map<String, String> context = new LinkedHashMap<>();
    JSON.std.mapFrom(contextText).forEach((name, value) -> context.put(name, (String) value));
    String first = client.createKey().keyMetadata().arn();
    String second = client.createKey().keyMetadata().arn();
    for (String name : List.of(alias, alias + "-b", alias + "-c")) {
      client.createAlias(request -> request.aliasName(name).targetKeyId(first));
    }

    EncryptResponse sealed = encrypt(alias, context);
    client.updateAlias(request -> request.aliasName(alias).targetKeyId(second));
    DecryptResponse opened = decrypt(sealed.ciphertextBlob(), null, context);
    EncryptResponse moved = encrypt(alias, context);
    var dataKey =
        client.generateDataKey(
            request ->
                request.keyId(alias).keySpec(DataKeySpec.AES_256).encryptionContext(context));
    List<List<String>> pages = new ArrayList<>();
    for (ListAliasesResponse page : client.listAliasesPaginator(request -> request.limit(2))) {
      pages.add(page.aliases().stream().map(AliasListEntry::aliasName).toList());
    }

    Map<String, Object> report = new LinkedHashMap<>();
    report.put("first", first);
    report.put("second", second);
    report.put("sealed", blob(sealed.keyId(), sealed.ciphertextBlob()));
    report.put(
        "opened", Map.of("key", opened.keyId(), "text", opened.plaintext().asUtf8String()));
    report.put("moved", blob(moved.keyId(), moved.ciphertextBlob()));
    Map<String, Object> key = blob(dataKey.keyId(), dataKey.ciphertextBlob());
    key.put("plain", base64(dataKey.plaintext()));
    report.put("dataKey", key);
    report.put("pages", pages);
    report.put(
        "wrongKey",
        refusal(
            IncorrectKeyException.class, () -> decrypt(sealed.ciphertextBlob(), alias, context)));
    SdkBytes garbage = SdkBytes.fromUtf8String("not a ciphertext");
    report.put("garbled", refusal(KmsException.class, () -> decrypt(garbage, null, context)));
    report.put(
        "missing",
        refusal(
            KmsException.class,
            () -> client.describeKey(request -> request.keyId(alias + "-missing"))));
    return report;
  }

  private EncryptResponse encrypt(String key, Map<String, String> context) {
    return client.encrypt(
        request -> request.keyId(key).plaintext(MESSAGE).encryptionContext(context));
  }

  private DecryptResponse decrypt(SdkBytes blob, String key, Map<String, String> context) {
    return client.decrypt(
        request -> request.ciphertextBlob(blob).keyId(key).encryptionContext(context));
  }

  private Map<String, Object> signatures() {
    Map<String, Object> told = new LinkedHashMap<>();
    Map.of(
            KeySpec.RSA_2048, SigningAlgorithmSpec.RSASSA_PSS_SHA_256,
            KeySpec.ECC_NIST_P256, SigningAlgorithmSpec.ECDSA_SHA_256)
        .forEach((spec, algorithm) -> told.put(spec.toString(), signature(spec, algorithm)));
    return told;
  }

  private Map<String, Object> signature(KeySpec spec, SigningAlgorithmSpec algorithm) {
    String key =
        client
            .createKey(request -> request.keySpec(spec).keyUsage(KeyUsageType.SIGN_VERIFY))
            .keyMetadata()
            .arn();
    var publicKey = client.getPublicKey(request -> request.keyId(key));
    SdkBytes signature =
        client
            .sign(request -> request.keyId(key).message(MESSAGE).signingAlgorithm(algorithm))
            .signature();
    boolean valid =
        client
            .verify(
                request ->
                    request
                        .keyId(key)
                        .message(MESSAGE)
                        .signature(signature)
                        .signingAlgorithm(algorithm))
            .signatureValid();
    SdkBytes other = SdkBytes.fromUtf8String("attack at dusk");
    return Map.of(
        "algorithms", publicKey.signingAlgorithmsAsStrings(),
        "publicKey", base64(publicKey.publicKey()),
        "signature", base64(signature),
        "valid", valid,
        "tampered",
            refusal(
                KmsException.class,
                () ->
                    client.verify(
                        request ->
                            request
                                .keyId(key)
                                .message(other)
                                .signature(signature)
                                .signingAlgorithm(algorithm))));
  }

  /** What the call is refused with, as the SDK's users see it. */
  private static Map<String, Object> refusal(Class<? extends KmsException> kind, Runnable call) {
    try {
      call.run();
    } catch (KmsException refused) {
      if (!kind.isInstance(refused)) {
        throw refused;
      }
      Map<String, Object> told = new LinkedHashMap<>();
      told.put("code", refused.awsErrorDetails().errorCode());
      told.put("message", refused.awsErrorDetails().errorMessage());
      return told;
    }
    throw new IllegalStateException("the call was not refused");
  }

  private static Map<String, Object> blob(String key, SdkBytes blob) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("key", key);
    told.put("blob", base64(blob));
    return told;
  }

  private static String base64(SdkBytes bytes) {
    return Base64.getEncoder().encodeToString(bytes.asByteArray());
  }
}
