// SPDX-License-Identifier: MIT OR Apache-2.0
//! Verdicts on proofs from the network. Lengths are checked before the crates see them.

use std::collections::BTreeMap;
use std::path::Path;

use filecoin_proofs_api::{post, seal, PublicReplicaInfo, SectorId};
use rayon::prelude::*;
use storage_proofs_core::parameter_cache::parameter_cache_dir;
use venus_guard::{guard, refuse, Result};

use crate::convert::*;
use crate::ffi::{AggregateCheck, PostBytes, PublicSector, SealCheck};

/// One Groth16 proof: two points of G1 and one of G2, compressed.
const GROTH_PROOF: usize = 192;

/// Interactive seals hold at most 10 proofs; a non-interactive one is an aggregate of some 30 kB.
const LARGEST_SEAL_PROOF: usize = 64 << 10;

/// FIP-0013 allows 819 seals in an aggregate of at most 81,960 bytes.
const LARGEST_AGGREGATE: usize = 128 << 10;

pub fn verify_seal(check: &SealCheck<'_>) -> Result<bool> {
    guard(|| {
        let proof_type = seal_type(check.seal_proof)?;
        if check.proof.is_empty() || check.proof.len() > LARGEST_SEAL_PROOF {
            refuse!(Malformed, "a seal proof of {} bytes", check.proof.len());
        }
        seal::verify_seal(
            proof_type,
            check.comm_r,
            check.comm_d,
            prover_id(check.miner),
            SectorId::from(check.sector),
            field_element(&check.ticket),
            field_element(&check.seed),
            check.proof,
        )
    })
}

pub fn verify_aggregate_seals(
    seal_proof: i64,
    aggregate_proof: i64,
    miner: u64,
    checks: &[AggregateCheck],
    proof: &[u8],
) -> Result<bool> {
    guard(|| {
        let proof_type = seal_type(seal_proof)?;
        let aggregate_type = aggregation_type(aggregate_proof)?;
        if checks.is_empty() || checks.len() > MOST_SECTORS || proof.len() > LARGEST_AGGREGATE {
            refuse!(Malformed, "{} seals in {} bytes", checks.len(), proof.len());
        }
        let inputs: Vec<Vec<_>> = checks
            .par_iter()
            .map(|check| {
                seal::get_seal_inputs(
                    proof_type,
                    check.comm_r,
                    check.comm_d,
                    prover_id(miner),
                    SectorId::from(check.sector),
                    field_element(&check.ticket),
                    field_element(&check.seed),
                )
            })
            .collect::<anyhow::Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
        let comm_rs: Vec<_> = checks.iter().map(|check| check.comm_r).collect();
        let seeds: Vec<_> = checks
            .iter()
            .map(|check| field_element(&check.seed))
            .collect();
        seal::verify_aggregate_seal_commit_proofs(
            proof_type,
            aggregate_type,
            proof.to_vec(),
            &comm_rs,
            &seeds,
            inputs,
        )
    })
}

fn check_post(proofs: &[PostBytes<'_>], sectors: &[PublicSector]) -> anyhow::Result<()> {
    if sectors.is_empty() || sectors.len() > MOST_SECTORS {
        refuse!(Malformed, "a PoSt over {} sectors", sectors.len());
    }
    if proofs.len() != 1 {
        refuse!(Malformed, "{} PoSt proofs instead of one", proofs.len());
    }
    let length = proofs[0].bytes.len();
    if length == 0 || length % GROTH_PROOF != 0 || length / GROTH_PROOF > MOST_SECTORS {
        refuse!(Malformed, "a PoSt proof of {length} bytes");
    }
    Ok(())
}

pub fn verify_winning_post(
    randomness: &[u8; 32],
    proofs: &[PostBytes<'_>],
    sectors: &[PublicSector],
    miner: u64,
) -> Result<bool> {
    guard(|| {
        check_post(proofs, sectors)?;
        let mut replicas = BTreeMap::new();
        for sector in sectors {
            let proof_type = winning_type_of_seal(sector.seal_proof)?;
            let info = PublicReplicaInfo::new(proof_type, sector.comm_r);
            replicas.insert(SectorId::from(sector.number), info);
        }
        let randomness = field_element(randomness);
        post::verify_winning_post(&randomness, proofs[0].bytes, &replicas, prover_id(miner))
    })
}

pub fn verify_window_post(
    randomness: &[u8; 32],
    proofs: &[PostBytes<'_>],
    sectors: &[PublicSector],
    miner: u64,
) -> Result<bool> {
    guard(|| {
        check_post(proofs, sectors)?;
        let proof_type = window_type(proofs[0].post_proof)?;
        let mut replicas = BTreeMap::new();
        for sector in sectors {
            check_size(proof_type, sector.seal_proof)?;
            let info = PublicReplicaInfo::new(proof_type, sector.comm_r);
            replicas.insert(SectorId::from(sector.number), info);
        }
        let proofs = [(proof_type, proofs[0].bytes)];
        let randomness = field_element(randomness);
        post::verify_window_post(&randomness, &proofs, &replicas, prover_id(miner))
    })
}

pub fn winning_post_challenge(
    post_proof: i64,
    randomness: &[u8; 32],
    miner: u64,
    eligible: u64,
) -> Result<Vec<u64>> {
    guard(|| {
        if eligible == 0 {
            refuse!(InvalidArgument, "no sectors to challenge");
        }
        post::generate_winning_post_sector_challenge(
            winning_type(post_proof)?,
            &field_element(randomness),
            eligible,
            prover_id(miner),
        )
    })
}

pub fn parameter_folder() -> Result<String> {
    guard(|| Ok(parameter_cache_dir().to_string_lossy().into_owned()))
}

/// The common stem of a set's three files.
pub fn parameter_name(kind: u8, sector_size: u64) -> Result<String> {
    guard(|| {
        let params = match kind {
            0 => winning_type_of_size(sector_size)?.cache_params_path()?,
            1 => window_type_of_size(sector_size)?.cache_params_path()?,
            2 => seal_type_of_size(sector_size)?.cache_params_path()?,
            _ => refuse!(InvalidArgument, "parameter kind {kind}"),
        };
        let stem = Path::new(&params).file_stem().unwrap_or_default();
        Ok(stem.to_string_lossy().into_owned())
    })
}
