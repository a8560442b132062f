//! The hash of a server's certificate for `tls-server-end-point` (RFC 5929 section 4.1).

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use spki::der::asn1::{AnyRef, BitStringRef};
use spki::der::{Decode, Reader, SliceReader};
use spki::{AlgorithmIdentifierRef, ObjectIdentifier};

use crate::config_error::ConfigError;

/// The hash function of a signature algorithm.
type Hash = fn(&[u8]) -> Vec<u8>;

/// The signature algorithms that use one hash function. RFC 5929 puts SHA-256 in the place of MD5 and SHA-1.
const HASHES: &[(&str, Hash)] = &[
    ("1.2.840.113549.1.1.4", hash::<Sha256>), // md5WithRSAEncryption
    ("1.2.840.113549.1.1.5", hash::<Sha256>), // sha1WithRSAEncryption
    ("1.2.840.113549.1.1.14", hash::<Sha224>), // sha224WithRSAEncryption
    ("1.2.840.113549.1.1.11", hash::<Sha256>), // sha256WithRSAEncryption
    ("1.2.840.113549.1.1.12", hash::<Sha384>), // sha384WithRSAEncryption
    ("1.2.840.113549.1.1.13", hash::<Sha512>), // sha512WithRSAEncryption
    ("1.2.840.10045.4.1", hash::<Sha256>),    // ecdsa-with-SHA1
    ("1.2.840.10045.4.3.1", hash::<Sha224>),  // ecdsa-with-SHA224
    ("1.2.840.10045.4.3.2", hash::<Sha256>),  // ecdsa-with-SHA256
    ("1.2.840.10045.4.3.3", hash::<Sha384>),  // ecdsa-with-SHA384
    ("1.2.840.10045.4.3.4", hash::<Sha512>),  // ecdsa-with-SHA512
];

/// Hashes a certificate in DER with the hash function of its signature.
pub(super) fn end_point(der: &[u8]) -> Result<Vec<u8>, ConfigError> {
    let algorithm = signature_algorithm(der)
        .map_err(|_| ConfigError::new("the certificate for Mutual is not a certificate in DER"))?;
    let algorithm = algorithm.to_string();
    let hash = HASHES.iter().find(|(oid, _)| *oid == algorithm);
    let (_, hash) = hash.ok_or_else(|| {
        ConfigError::new(format!(
            "tls-server-end-point is not defined for a certificate with the signature algorithm {algorithm}, for example Ed25519: \
             use another certificate, or `HostValidation::https_without_certificate`"
        ))
    })?;
    Ok(hash(der))
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }` (RFC 5280 section 4.1).
fn signature_algorithm(der: &[u8]) -> spki::der::Result<ObjectIdentifier> {
    let mut reader = SliceReader::new(der)?;
    let algorithm = reader.sequence(|certificate| {
        AnyRef::decode(certificate)?;
        let algorithm = AlgorithmIdentifierRef::decode(certificate)?;
        BitStringRef::decode(certificate)?;
        Ok(algorithm.oid)
    })?;
    reader.finish(algorithm)
}

fn hash<H: Digest>(der: &[u8]) -> Vec<u8> {
    H::digest(der).to_vec()
}
