"""An enclave's platform, to test answers for attested callers: it signs attestation documents, and
opens what is enclosed to its key with `cryptography`, so that none of it is Strongroom's own code.
"""

import datetime
import time

import cbor2
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

DER = serialization.Encoding.DER
MODULE = "i-0123456789abcdef0-enc0123456789abcde"


class Platform:
    """A root, an authority below it, and a certificate for one enclave."""

    def __init__(self):
        self.root_key, root = self._certificate("root", None, None)
        middle_key, middle = self._certificate("middle", root.subject, self.root_key)
        self.leaf_key, self.leaf = self._certificate("enclave", middle.subject, middle_key, ca=False)
        self.root = root
        self.bundle = [root, middle]

    @property
    def root_pem(self):
        return self.root.public_bytes(serialization.Encoding.PEM)

    def _certificate(self, name, issuer, issuer_key, ca=True):
        key = ec.generate_private_key(ec.SECP384R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=3))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(issuer_key or key, hashes.SHA384())
        )
        return key, certificate

    def document(self, public_key, **changes):
        """A signed attestation document that vouches for the key, or says other things."""
        claims = {
            "module_id": MODULE,
            "digest": "SHA384",
            "timestamp": int(time.time() * 1000),
            "pcrs": {index: bytes([index]) * 48 for index in range(16)},
            "certificate": self.leaf.public_bytes(DER),
            "cabundle": [certificate.public_bytes(DER) for certificate in self.bundle],
            "public_key": public_key,
            "user_data": None,
            "nonce": None,
        } | changes
        protected, payload = cbor2.dumps({1: -35}), cbor2.dumps(claims)
        signed = cbor2.dumps(["Signature1", protected, b"", payload])
        r, s = decode_dss_signature(self.leaf_key.sign(signed, ec.ECDSA(hashes.SHA384())))
        signature = r.to_bytes(48, "big") + s.to_bytes(48, "big")
        return cbor2.dumps([protected, {}, payload, signature])


class Enclave:
    """One enclave with a key of its own."""

    def __init__(self, platform, bits=2048):
        self.platform = platform
        self.key = rsa.generate_private_key(65537, bits)
        self.public_key = self.key.public_key().public_bytes(
            DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def recipient(self, **changes):
        """What a request says of its recipient."""
        return {
            "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
            "AttestationDocument": self.platform.document(**{"public_key": self.public_key} | changes),
        }

    def open(self, message):
        """What is enclosed in a CMS message to this enclave."""
        info = cms.ContentInfo.load(message, strict=True)
        assert info["content_type"].native == "enveloped_data"
        enveloped = info["content"]
        (recipient,) = enveloped["recipient_infos"]
        assert recipient.name == "ktri"
        algorithm = recipient.chosen["key_encryption_algorithm"]
        assert algorithm["algorithm"].native == "rsaes_oaep"
        parameters = algorithm["parameters"].native
        assert parameters["hash_algorithm"]["algorithm"] == "sha256"
        assert parameters["mask_gen_algorithm"]["algorithm"] == "mgf1"
        assert parameters["mask_gen_algorithm"]["parameters"]["algorithm"] == "sha256"
        key = self.key.decrypt(
            recipient.chosen["encrypted_key"].native,
            OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None),
        )
        content = enveloped["encrypted_content_info"]
        cipher = content["content_encryption_algorithm"]
        assert (cipher.encryption_cipher, cipher.encryption_mode) == ("aes", "cbc")
        assert len(key) == 32
        reader = Cipher(algorithms.AES(key), modes.CBC(cipher.encryption_iv)).decryptor()
        padded = reader.update(content["encrypted_content"].native) + reader.finalize()
        unpadder = padding.PKCS7(128).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
