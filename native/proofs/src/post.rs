// SPDX-License-Identifier: MIT OR Apache-2.0
//! Making proofs of spacetime.

use std::collections::BTreeMap;

use filecoin_proofs_api::{
    post, PartitionSnarkProof, PrivateReplicaInfo, RegisteredPoStProof, SectorId,
    StorageProofsError,
};
use venus_guard::{guard, refuse, Result};

use crate::convert::{
    field_element, path, path_buf, post_number, prover_id, window_type, winning_type, MOST_SECTORS,
};
use crate::ffi::{PostBytes, PostOut, ReplicaIn, WindowPostOut};

type Replicas = BTreeMap<SectorId, PrivateReplicaInfo>;

fn replica_map(proof: RegisteredPoStProof, list: &[ReplicaIn<'_>]) -> anyhow::Result<Replicas> {
    if list.is_empty() || list.len() > MOST_SECTORS {
        refuse!(InvalidArgument, "a PoSt over {} sectors", list.len());
    }
    let entry = |replica: &ReplicaIn<'_>| {
        let cache = path_buf(replica.cache);
        let sealed = path_buf(replica.sealed);
        let info = PrivateReplicaInfo::new(proof, replica.comm_r, cache, sealed);
        (SectorId::from(replica.number), info)
    };
    Ok(list.iter().map(entry).collect())
}

fn outputs(list: Vec<(RegisteredPoStProof, Vec<u8>)>) -> Vec<PostOut> {
    list.into_iter()
        .map(|(proof, bytes)| PostOut {
            post_proof: post_number(proof),
            bytes,
        })
        .collect()
}

/// Sectors whose files are gone: the library would fail as a whole and name none of them.
fn missing(list: &[ReplicaIn<'_>]) -> Vec<u64> {
    list.iter()
        .filter(|replica| {
            let cache = path(replica.cache);
            !path(replica.sealed).is_file() || !cache.join("p_aux").is_file()
        })
        .map(|replica| replica.number)
        .collect()
}

fn faulty(error: &anyhow::Error) -> Option<Vec<u64>> {
    match error.downcast_ref::<StorageProofsError>() {
        Some(StorageProofsError::FaultySectors(sectors)) => {
            Some(sectors.iter().map(|sector| u64::from(*sector)).collect())
        }
        _ => None,
    }
}

fn only_faulty(faulty: Vec<u64>) -> WindowPostOut {
    WindowPostOut {
        proofs: Vec::new(),
        faulty,
    }
}

pub fn generate_winning_post(
    post_proof: i64,
    randomness: &[u8; 32],
    miner: u64,
    list: &[ReplicaIn<'_>],
) -> Result<Vec<PostOut>> {
    guard(|| {
        let replicas = replica_map(winning_type(post_proof)?, list)?;
        let randomness = field_element(randomness);
        Ok(outputs(post::generate_winning_post(
            &randomness,
            &replicas,
            prover_id(miner),
        )?))
    })
}

pub fn generate_window_post(
    post_proof: i64,
    randomness: &[u8; 32],
    miner: u64,
    list: &[ReplicaIn<'_>],
) -> Result<WindowPostOut> {
    guard(|| {
        let replicas = replica_map(window_type(post_proof)?, list)?;
        let gone = missing(list);
        if !gone.is_empty() {
            return Ok(only_faulty(gone));
        }
        let randomness = field_element(randomness);
        match post::generate_window_post(&randomness, &replicas, prover_id(miner)) {
            Ok(proofs) => Ok(WindowPostOut {
                proofs: outputs(proofs),
                faulty: Vec::new(),
            }),
            Err(error) => faulty(&error).map(only_faulty).ok_or(error),
        }
    })
}

pub fn window_post_partitions(post_proof: i64, sectors: u64) -> Result<u64> {
    guard(|| {
        let count = usize::try_from(sectors)?;
        let partitions =
            post::get_num_partition_for_fallback_post(window_type(post_proof)?, count)?;
        Ok(partitions as u64)
    })
}

pub fn generate_window_post_partition(
    post_proof: i64,
    randomness: &[u8; 32],
    miner: u64,
    list: &[ReplicaIn<'_>],
    partition: u64,
) -> Result<WindowPostOut> {
    guard(|| {
        let proof = window_type(post_proof)?;
        let replicas = replica_map(proof, list)?;
        let randomness = field_element(randomness);
        let prover = prover_id(miner);
        let size = proof.sector_count();
        let first = usize::try_from(partition)?.saturating_mul(size);
        if first >= replicas.len() {
            refuse!(
                InvalidArgument,
                "{} sectors have no partition {partition}",
                replicas.len()
            );
        }
        // The challenges of a sector depend on its place among all.
        let sectors: Vec<SectorId> = replicas.keys().copied().collect();
        let challenges =
            post::generate_fallback_sector_challenges(proof, &randomness, &sectors, prover)?;
        let mut vanilla = Vec::with_capacity(size);
        let mut bad = Vec::new();
        for sector in sectors.iter().skip(first).take(size) {
            let replica = &replicas[sector];
            match post::generate_single_vanilla_proof(proof, *sector, replica, &challenges[sector])
            {
                Ok(bytes) => vanilla.push(bytes),
                Err(_) => bad.push(u64::from(*sector)),
            }
        }
        if !bad.is_empty() {
            return Ok(only_faulty(bad));
        }
        let result = post::generate_single_window_post_with_vanilla(
            proof,
            &randomness,
            prover,
            &vanilla,
            usize::try_from(partition)?,
        );
        match result {
            Ok(snark) => Ok(WindowPostOut {
                proofs: outputs(vec![(proof, snark.0)]),
                faulty: Vec::new(),
            }),
            Err(error) => faulty(&error).map(only_faulty).ok_or(error),
        }
    })
}

pub fn merge_window_post_partitions(
    post_proof: i64,
    partitions: &[PostBytes<'_>],
) -> Result<Vec<u8>> {
    guard(|| {
        let proof = window_type(post_proof)?;
        if partitions.iter().any(|part| part.post_proof != post_proof) {
            refuse!(InvalidArgument, "partitions of different proof types");
        }
        let parts = partitions
            .iter()
            .map(|part| PartitionSnarkProof(part.bytes.to_vec()))
            .collect();
        post::merge_window_post_partition_proofs(proof, parts)
    })
}
