// The stories of tests/interop/story.py, told by the AWS SDK for Go v2. The endpoint, the Region
// and the credentials come from the environment, as everywhere.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

// Report is what a story prints; byte slices become base64.
type Report map[string]any

func main() {
	log.SetFlags(0)
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	check(err)
	client := kms.NewFromConfig(settings)
	var report Report
	switch story := os.Args[1]; story {
	case "aliases":
		report = aliases(ctx, client, os.Args[2], os.Args[3])
	case "signatures":
		report = signatures(ctx, client)
	default:
		log.Fatalf("there is no story %q", story)
	}
	check(json.NewEncoder(os.Stdout).Encode(report))
}

func aliases(ctx context.Context, client *kms.Client, alias, contextText string) Report {
	var encryptionContext map[string]string
	check(json.Unmarshal([]byte(contextText), &encryptionContext))
	newKey := func() string {
		return *must(client.CreateKey(ctx, &kms.CreateKeyInput{})).KeyMetadata.Arn
	}
	first, second := newKey(), newKey()
	for _, name := range []string{alias, alias + "-b", alias + "-c"} {
		must(client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: &first}))
	}
	encrypt := func() *kms.EncryptOutput {
		return must(client.Encrypt(ctx, &kms.EncryptInput{
			KeyId: &alias, Plaintext: []byte("attack at dawn"), EncryptionContext: encryptionContext,
		}))
	}
	decrypt := func(blob []byte, key *string) (*kms.DecryptOutput, error) {
		return client.Decrypt(ctx, &kms.DecryptInput{
			CiphertextBlob: blob, KeyId: key, EncryptionContext: encryptionContext,
		})
	}

	sealed := encrypt()
	must(client.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: &second}))
	opened := must(decrypt(sealed.CiphertextBlob, nil))
	moved := encrypt()
	dataKey := must(client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: &alias, KeySpec: types.DataKeySpecAes256, EncryptionContext: encryptionContext,
	}))
	var pages [][]string
	paginator := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{Limit: aws.Int32(2)})
	for paginator.HasMorePages() {
		page := []string{}
		for _, entry := range must(paginator.NextPage(ctx)).Aliases {
			page = append(page, *entry.AliasName)
		}
		pages = append(pages, page)
	}
	_, wrongKey := decrypt(sealed.CiphertextBlob, &alias)
	var typed *types.IncorrectKeyException
	if !errors.As(wrongKey, &typed) {
		log.Fatalf("not the SDK's IncorrectKeyException: %v", wrongKey)
	}
	_, garbled := decrypt([]byte("not a ciphertext"), nil)
	_, missing := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(alias + "-missing")})
	return Report{
		"first":    first,
		"second":   second,
		"sealed":   Report{"key": sealed.KeyId, "blob": sealed.CiphertextBlob},
		"opened":   Report{"key": opened.KeyId, "text": string(opened.Plaintext)},
		"moved":    Report{"key": moved.KeyId, "blob": moved.CiphertextBlob},
		"dataKey":  Report{"key": dataKey.KeyId, "blob": dataKey.CiphertextBlob, "plain": dataKey.Plaintext},
		"pages":    pages,
		"wrongKey": refusal(wrongKey),
		"garbled":  refusal(garbled),
		"missing":  refusal(missing),
	}
}

func signatures(ctx context.Context, client *kms.Client) Report {
	told := Report{}
	for spec, algorithm := range map[types.KeySpec]types.SigningAlgorithmSpec{
		types.KeySpecRsa2048:     types.SigningAlgorithmSpecRsassaPssSha256,
		types.KeySpecEccNistP256: types.SigningAlgorithmSpecEcdsaSha256,
	} {
		key := must(client.CreateKey(ctx, &kms.CreateKeyInput{
			KeySpec: spec, KeyUsage: types.KeyUsageTypeSignVerify,
		})).KeyMetadata.Arn
		publicKey := must(client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: key}))
		message := []byte("attack at dawn")
		signed := must(client.Sign(ctx, &kms.SignInput{
			KeyId: key, Message: message, SigningAlgorithm: algorithm,
		}))
		verify := func(message []byte) (*kms.VerifyOutput, error) {
			return client.Verify(ctx, &kms.VerifyInput{
				KeyId: key, Message: message, Signature: signed.Signature, SigningAlgorithm: algorithm,
			})
		}
		valid := must(verify(message)).SignatureValid
		_, tampered := verify([]byte("attack at dusk"))
		told[string(spec)] = Report{
			"algorithms": publicKey.SigningAlgorithms,
			"publicKey":  publicKey.PublicKey,
			"signature":  signed.Signature,
			"valid":      valid,
			"tampered":   refusal(tampered),
		}
	}
	return told
}

// What a call was refused with, as the SDK's users see it.
func refusal(err error) Report {
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		log.Fatalf("not refused by the service: %v", err)
	}
	return Report{"code": refused.ErrorCode(), "message": refused.ErrorMessage()}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(fmt.Errorf("the story ends here: %w", err))
	}
}
