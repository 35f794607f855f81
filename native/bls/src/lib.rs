// SPDX-License-Identifier: MIT OR Apache-2.0
//! BLS12-381 signatures of Filecoin (keys on G1, signatures on G2) and of drand (both ways round).

use std::any::Any;
use std::collections::{HashMap, HashSet};

use blst::{min_pk, min_sig, Pairing, BLST_ERROR};
use rayon::prelude::*;
use venus_guard::{guard, guard_verdict, refuse, Result};

#[cxx::bridge(namespace = "venus::native")]
mod ffi {
    /// One signature with what it should cover; views into C++ memory.
    struct BlsItem<'a> {
        signature: &'a [u8],
        message: &'a [u8],
        public_key: &'a [u8],
        /// What bls_hash_message gave for the message, or empty.
        hash: &'a [u8],
    }

    /// A message of an aggregate whose hash to the curve is known (see bls_hash_message).
    struct BlsHashed<'a> {
        message: &'a [u8],
        hash: &'a [u8],
        public_key: &'a [u8],
    }

    extern "Rust" {
        fn bls_generate(seed: &[u8]) -> Result<[u8; 32]>;
        fn bls_public_key(private_key: &[u8]) -> Result<[u8; 48]>;
        fn bls_sign(private_key: &[u8], message: &[u8]) -> Result<[u8; 96]>;
        fn bls_verify(signature: &[u8], message: &[u8], public_key: &[u8]) -> bool;
        unsafe fn bls_verify_batch<'a>(items: &[BlsItem<'a>]) -> Vec<u8>;
        unsafe fn bls_aggregate<'a>(signatures: &[BlsItem<'a>]) -> Result<[u8; 96]>;
        unsafe fn bls_verify_aggregate<'a>(signature: &[u8], items: &[BlsItem<'a>]) -> bool;
        fn bls_hash_message(message: &[u8]) -> [u8; 192];
        unsafe fn bls_verify_aggregate_hashed<'a>(
            signature: &[u8],
            items: &[BlsHashed<'a>],
        ) -> bool;
        unsafe fn bls_verify_all<'a>(items: &[BlsItem<'a>]) -> bool;

        fn drand_verify_unchained_g1(key: &[u8], signature: &[u8], message: &[u8]) -> bool;
        fn drand_sign_unchained_g1(private_key: &[u8], message: &[u8]) -> Result<[u8; 48]>;
        fn drand_public_key_g2(private_key: &[u8]) -> Result<[u8; 96]>;
    }
}

use ffi::{BlsHashed, BlsItem};

const G2_TAG: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";
const G1_TAG: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";

/// Wallets keep the scalar with its lowest byte first, blst reads the highest first.
fn big_endian(private_key: &[u8]) -> anyhow::Result<[u8; 32]> {
    let Ok(mut bytes) = <[u8; 32]>::try_from(private_key) else {
        refuse!(
            InvalidArgument,
            "a BLS private key has 32 bytes, not {}",
            private_key.len()
        );
    };
    bytes.reverse();
    Ok(bytes)
}

fn secret_g1(private_key: &[u8]) -> anyhow::Result<min_pk::SecretKey> {
    match min_pk::SecretKey::from_bytes(&big_endian(private_key)?) {
        Ok(key) => Ok(key),
        Err(_) => refuse!(
            InvalidArgument,
            "not a BLS private key: zero or not reduced"
        ),
    }
}

fn secret_g2(private_key: &[u8]) -> anyhow::Result<min_sig::SecretKey> {
    match min_sig::SecretKey::from_bytes(&big_endian(private_key)?) {
        Ok(key) => Ok(key),
        Err(_) => refuse!(
            InvalidArgument,
            "not a BLS private key: zero or not reduced"
        ),
    }
}

fn bls_generate(seed: &[u8]) -> Result<[u8; 32]> {
    guard(|| {
        if seed.len() < 32 {
            refuse!(
                InvalidArgument,
                "a BLS key needs 32 bytes of entropy, got {}",
                seed.len()
            );
        }
        match min_pk::SecretKey::key_gen(seed, &[]) {
            Ok(key) => {
                let mut bytes = key.to_bytes();
                bytes.reverse();
                Ok(bytes)
            }
            Err(error) => refuse!(Internal, "BLS key derivation: {error:?}"),
        }
    })
}

fn bls_public_key(private_key: &[u8]) -> Result<[u8; 48]> {
    guard(|| Ok(secret_g1(private_key)?.sk_to_pk().to_bytes()))
}

fn bls_sign(private_key: &[u8], message: &[u8]) -> Result<[u8; 96]> {
    guard(|| {
        Ok(secret_g1(private_key)?
            .sign(message, G2_TAG, &[])
            .to_bytes())
    })
}

/// blst also reads the uncompressed forms, which Filecoin does not know: lengths are exact here.
fn signature_g2(bytes: &[u8]) -> Option<min_pk::Signature> {
    (bytes.len() == 96).then_some(())?;
    min_pk::Signature::sig_validate(bytes, false).ok()
}

fn key_g1(bytes: &[u8]) -> Option<min_pk::PublicKey> {
    (bytes.len() == 48).then_some(())?;
    min_pk::PublicKey::key_validate(bytes).ok()
}

fn verify_one(signature: &[u8], message: &[u8], public_key: &[u8]) -> bool {
    let (Some(signature), Some(key)) = (signature_g2(signature), key_g1(public_key)) else {
        return false;
    };
    let (signature, key): (blst::blst_p2_affine, blst::blst_p1_affine) =
        (signature.into(), key.into());
    pairing_holds(&key, &signature, message, G2_TAG)
}

/// e(key, hash(message)) = e(generator, signature), on this thread: blst's own verify hands even a
/// single signature to a thread pool of its own. Points must be checked already.
fn pairing_holds(key: &dyn Any, signature: &dyn Any, message: &[u8], tag: &[u8]) -> bool {
    let mut pairing = Pairing::new(true, tag);
    let added = pairing.aggregate(key, false, signature, false, message, &[]);
    pairing.commit();
    added == BLST_ERROR::BLST_SUCCESS && pairing.finalverify(None)
}

fn bls_verify(signature: &[u8], message: &[u8], public_key: &[u8]) -> bool {
    guard_verdict(|| verify_one(signature, message, public_key))
}

fn bls_verify_batch(items: &[BlsItem<'_>]) -> Vec<u8> {
    items
        .par_iter()
        .map(|item| u8::from(bls_verify(item.signature, item.message, item.public_key)))
        .collect()
}

fn bls_aggregate(signatures: &[BlsItem<'_>]) -> Result<[u8; 96]> {
    guard(|| {
        let mut points = Vec::with_capacity(signatures.len());
        for item in signatures {
            match signature_g2(item.signature) {
                Some(point) => points.push(point),
                None => refuse!(Malformed, "not a BLS signature"),
            }
        }
        let views: Vec<&min_pk::Signature> = points.iter().collect();
        match min_pk::AggregateSignature::aggregate(&views, false) {
            Ok(sum) => Ok(sum.to_signature().to_bytes()),
            Err(_) => refuse!(InvalidArgument, "nothing to aggregate"),
        }
    })
}

fn hash_to_g2(message: &[u8]) -> blst::blst_p2 {
    let mut point = blst::blst_p2::default();
    // SAFETY: the pointers and lengths describe live slices.
    unsafe {
        blst::blst_hash_to_g2(
            &mut point,
            message.as_ptr(),
            message.len(),
            G2_TAG.as_ptr(),
            G2_TAG.len(),
            std::ptr::null(),
            0,
        );
    }
    point
}

/// The point of a message: hashed now, or read from what bls_hash_message gave before.
fn message_point(message: &Hashable<'_>) -> Option<blst::blst_p2> {
    if message.hash.is_empty() {
        return Some(hash_to_g2(message.bytes));
    }
    (message.hash.len() == 192).then_some(())?;
    let mut affine = blst::blst_p2_affine::default();
    let mut point = blst::blst_p2::default();
    // SAFETY: the input has the length of an uncompressed point; the others are live points.
    unsafe {
        let read = blst::blst_p2_deserialize(&mut affine, message.hash.as_ptr());
        (read == BLST_ERROR::BLST_SUCCESS).then_some(())?;
        blst::blst_p2_from_affine(&mut point, &affine);
    }
    Some(point)
}

#[derive(Clone, Copy)]
struct Hashable<'a> {
    bytes: &'a [u8],
    hash: &'a [u8],
}

fn bls_hash_message(message: &[u8]) -> [u8; 192] {
    let point = hash_to_g2(message);
    let mut out = [0; 192];
    // SAFETY: the output has the length of an uncompressed point.
    unsafe { blst::blst_p2_serialize(out.as_mut_ptr(), &point) };
    out
}

/// One factor of the pairing product: all that one key signed. As e(k, a) e(k, b) = e(k, a + b), a
/// block full of one sender's messages costs one Miller loop and not one for each.
fn key_term(
    key: &[u8],
    messages: &[Hashable<'_>],
) -> Option<(blst::blst_p1_affine, blst::blst_p2_affine)> {
    let key = key_g1(key)?;
    let mut sum = blst::blst_p2::default();
    for message in messages {
        let point = message_point(message)?;
        // SAFETY: reads and writes live points; the result may alias an operand.
        unsafe { blst::blst_p2_add_or_double(&mut sum, &sum, &point) };
    }
    let mut affine = blst::blst_p2_affine::default();
    // SAFETY: both are live points.
    unsafe { blst::blst_p2_to_affine(&mut affine, &sum) };
    Some((key.into(), affine))
}

fn verify_aggregate<'a>(
    signature: &[u8],
    items: impl ExactSizeIterator<Item = (Hashable<'a>, &'a [u8])>,
) -> bool {
    let Some(signature) = signature_g2(signature) else {
        return false;
    };
    if items.len() == 0 {
        return false;
    }
    let mut seen = HashSet::with_capacity(items.len());
    let mut by_key: HashMap<&[u8], Vec<Hashable<'a>>> = HashMap::new();
    for (message, key) in items {
        // Without distinct messages a chosen key could cancel another one's signature.
        if !seen.insert(message.bytes) {
            return false;
        }
        by_key.entry(key).or_default().push(message);
    }
    let mut groups: Vec<(&[u8], Vec<Hashable<'a>>)> = by_key.into_iter().collect();
    split_largest(&mut groups, rayon::current_num_threads());
    let terms: Option<Vec<_>> = groups
        .par_iter()
        .map(|(key, messages)| key_term(key, messages))
        .collect();
    let Some(terms) = terms else {
        return false;
    };
    let workers = rayon::current_num_threads().clamp(1, terms.len());
    let product = terms
        .par_chunks(terms.len().div_ceil(workers))
        .map(|chunk| {
            let mut pairing = Pairing::new(true, G2_TAG);
            for (key, hashes) in chunk {
                pairing.raw_aggregate(hashes, key);
            }
            pairing.commit();
            Some(pairing)
        })
        .reduce(
            || None,
            |left, right| match (left, right) {
                (Some(mut left), Some(right)) => {
                    // Only fails for pairings of different groups.
                    let _ = left.merge(&right);
                    Some(left)
                }
                (one, other) => one.or(other),
            },
        );
    let mut expected = blst::blst_fp12::default();
    let signature_point: &blst::blst_p2_affine = (&signature).into();
    // SAFETY: both are live values.
    unsafe { blst::blst_aggregated_in_g2(&mut expected, signature_point) };
    product.is_some_and(|pairing| pairing.finalverify(Some(&expected)))
}

/// Hashing to the curve is most of the work: halves one big sender's messages until every core has
/// something to do.
fn split_largest<'a>(groups: &mut Vec<(&'a [u8], Vec<Hashable<'a>>)>, parts: usize) {
    const WORTH_SPLITTING: usize = 8;
    while groups.len() < parts {
        let Some(largest) = groups.iter_mut().max_by_key(|(_, messages)| messages.len()) else {
            return;
        };
        if largest.1.len() < WORTH_SPLITTING {
            return;
        }
        let half = largest.1.split_off(largest.1.len() / 2);
        let key = largest.0;
        groups.push((key, half));
    }
}

fn bls_verify_aggregate(signature: &[u8], items: &[BlsItem<'_>]) -> bool {
    guard_verdict(|| {
        let messages = items.iter().map(|item| {
            let message = Hashable {
                bytes: item.message,
                hash: &[],
            };
            (message, item.public_key)
        });
        verify_aggregate(signature, messages)
    })
}

fn bls_verify_aggregate_hashed(signature: &[u8], items: &[BlsHashed<'_>]) -> bool {
    guard_verdict(|| {
        let messages = items.iter().map(|item| {
            let message = Hashable {
                bytes: item.message,
                hash: item.hash,
            };
            (message, item.public_key)
        });
        verify_aggregate(signature, messages)
    })
}

/// Factors for a sum of several signatures: 128 bits each, drawn from all that is to be verified, so
/// that nobody can choose signatures whose errors cancel. The first is 1.
fn batch_factors(items: &[BlsItem<'_>]) -> Vec<[u8; 16]> {
    const TAG: &[u8] = b"VENUS_BLS_BATCH_";
    let mut transcript = Vec::new();
    for item in items {
        for part in [item.signature, item.message, item.public_key] {
            transcript.extend_from_slice(&(part.len() as u64).to_be_bytes());
            transcript.extend_from_slice(part);
        }
    }
    let mut drawn = vec![0; 16 * items.len()];
    // SAFETY: the pointers and lengths describe live slices.
    unsafe {
        blst::blst_expand_message_xmd(
            drawn.as_mut_ptr(),
            drawn.len(),
            transcript.as_ptr(),
            transcript.len(),
            TAG.as_ptr(),
            TAG.len(),
        );
    }
    let mut factors: Vec<[u8; 16]> = drawn
        .chunks_exact(16)
        .map(|chunk| chunk.try_into().unwrap_or([0; 16]))
        .collect();
    if let Some(first) = factors.first_mut() {
        *first = [0; 16];
        first[0] = 1;
    }
    factors
}

const FACTOR_BITS: usize = 128;

fn add_scaled(sum: &mut blst::blst_p2, point: &blst::blst_p2, factor: &[u8; 16]) {
    let mut scaled = blst::blst_p2::default();
    // SAFETY: all are live; the factor is little-endian and has 128 bits.
    unsafe {
        blst::blst_p2_mult(&mut scaled, point, factor.as_ptr(), FACTOR_BITS);
        blst::blst_p2_add_or_double(sum, sum, &scaled);
    }
}

/// The sum of all points, each times its factor: Pippenger's method, whose share for each point is far
/// less than a multiplication of its own.
fn sum_of_scaled(points: &[blst::blst_p2_affine], factors: &[[u8; 16]]) -> blst::blst_p2_affine {
    let mut sum = blst::blst_p2::default();
    let mut affine = blst::blst_p2_affine::default();
    let points: Vec<_> = points.iter().map(std::ptr::from_ref).collect();
    let factors: Vec<_> = factors.iter().map(|factor| factor.as_ptr()).collect();
    let count = points.len().min(factors.len());
    // SAFETY: as many live points and factors of 128 bits as it is told, and the scratch it asks for.
    unsafe {
        let bytes = blst::blst_p2s_mult_pippenger_scratch_sizeof(count);
        let mut scratch = vec![0 as blst::limb_t; bytes.div_ceil(size_of::<blst::limb_t>())];
        blst::blst_p2s_mult_pippenger(
            &mut sum,
            points.as_ptr(),
            count,
            factors.as_ptr(),
            FACTOR_BITS,
            scratch.as_mut_ptr(),
        );
        blst::blst_p2_to_affine(&mut affine, &sum);
    }
    affine
}

/// All that one key signed, as one factor of the pairing product: with a single message it is the key
/// that is scaled, which costs a third of scaling a message's point.
fn scaled_term(
    key: &[u8],
    signed: &[(blst::blst_p2, [u8; 16])],
) -> Option<(blst::blst_p1_affine, blst::blst_p2_affine)> {
    let mut key: blst::blst_p1_affine = key_g1(key)?.into();
    let mut sum = blst::blst_p2::default();
    let mut affine = blst::blst_p2_affine::default();
    if let [(hash, factor)] = signed {
        sum = *hash;
        let mut point = blst::blst_p1::default();
        // SAFETY: all are live points; the factor has 128 bits.
        unsafe {
            blst::blst_p1_from_affine(&mut point, &key);
            let whole = point;
            blst::blst_p1_mult(&mut point, &whole, factor.as_ptr(), FACTOR_BITS);
            blst::blst_p1_to_affine(&mut key, &point);
        }
    } else {
        for (hash, factor) in signed {
            add_scaled(&mut sum, hash, factor);
        }
    }
    // SAFETY: both are live points.
    unsafe { blst::blst_p2_to_affine(&mut affine, &sum) };
    Some((key, affine))
}

/// e(g, sum of r s) = product over keys k of e(k, sum of r H(m)): one final exponentiation, and one
/// Miller loop for each key.
fn verify_all(items: &[BlsItem<'_>]) -> bool {
    // The expansion draws at most 255 digests.
    const MOST: usize = 255 * 32 / 16;
    if items.is_empty() || items.len() > MOST {
        return false;
    }
    let factors = batch_factors(items);
    let mut signatures: Vec<blst::blst_p2_affine> = Vec::with_capacity(items.len());
    let mut keys: Vec<(&[u8], Vec<(blst::blst_p2, [u8; 16])>)> = Vec::new();
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    for (item, factor) in items.iter().zip(&factors) {
        let Some(signature) = signature_g2(item.signature) else {
            return false;
        };
        signatures.push(signature.into());
        let Some(hash) = message_point(&Hashable {
            bytes: item.message,
            hash: item.hash,
        }) else {
            return false;
        };
        let at = *places.entry(item.public_key).or_insert_with(|| {
            keys.push((item.public_key, Vec::new()));
            keys.len() - 1
        });
        keys[at].1.push((hash, *factor));
    }
    let mut pairing = Pairing::new(true, G2_TAG);
    for (key, signed) in &keys {
        let Some((key, sum)) = scaled_term(key, signed) else {
            return false;
        };
        pairing.raw_aggregate(&sum, &key);
    }
    pairing.commit();
    let sum = sum_of_scaled(&signatures, &factors);
    let mut expected = blst::blst_fp12::default();
    // SAFETY: both are live values.
    unsafe { blst::blst_aggregated_in_g2(&mut expected, &sum) };
    pairing.finalverify(Some(&expected))
}

fn bls_verify_all(items: &[BlsItem<'_>]) -> bool {
    guard_verdict(|| verify_all(items))
}

fn drand_verify_unchained_g1(key: &[u8], signature: &[u8], message: &[u8]) -> bool {
    guard_verdict(|| {
        if key.len() != 96 || signature.len() != 48 {
            return false;
        }
        let (Ok(key), Ok(signature)) = (
            min_sig::PublicKey::key_validate(key),
            min_sig::Signature::sig_validate(signature, true),
        ) else {
            return false;
        };
        let (signature, key): (blst::blst_p1_affine, blst::blst_p2_affine) =
            (signature.into(), key.into());
        pairing_holds(&key, &signature, message, G1_TAG)
    })
}

fn drand_sign_unchained_g1(private_key: &[u8], message: &[u8]) -> Result<[u8; 48]> {
    guard(|| {
        Ok(secret_g2(private_key)?
            .sign(message, G1_TAG, &[])
            .to_bytes())
    })
}

fn drand_public_key_g2(private_key: &[u8]) -> Result<[u8; 96]> {
    guard(|| Ok(secret_g2(private_key)?.sk_to_pk().to_bytes()))
}
