// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sealing and proofs for C++, with the semantics of filecoin-ffi.

mod convert;
mod post;
mod seal;
mod verify;

use post::*;
use seal::*;
use verify::*;

#[cxx::bridge(namespace = "venus::native")]
mod ffi {
    struct SealCheck<'a> {
        seal_proof: i64,
        miner: u64,
        sector: u64,
        comm_r: [u8; 32],
        comm_d: [u8; 32],
        ticket: [u8; 32],
        seed: [u8; 32],
        proof: &'a [u8],
    }

    struct AggregateCheck {
        sector: u64,
        comm_r: [u8; 32],
        comm_d: [u8; 32],
        ticket: [u8; 32],
        seed: [u8; 32],
    }

    struct PublicSector {
        seal_proof: i64,
        number: u64,
        comm_r: [u8; 32],
    }

    struct PostBytes<'a> {
        post_proof: i64,
        bytes: &'a [u8],
    }

    struct PostOut {
        post_proof: i64,
        bytes: Vec<u8>,
    }

    struct WindowPostOut {
        proofs: Vec<PostOut>,
        faulty: Vec<u64>,
    }

    /// Paths are bytes, as the file system has them.
    struct ReplicaIn<'a> {
        number: u64,
        comm_r: [u8; 32],
        cache: &'a [u8],
        sealed: &'a [u8],
    }

    #[derive(Clone, Copy)]
    struct Piece {
        padded_size: u64,
        commitment: [u8; 32],
    }

    struct PieceAdded {
        commitment: [u8; 32],
        left_alignment: u64,
        written: u64,
    }

    struct Commitments {
        sealed: [u8; 32],
        unsealed: [u8; 32],
    }

    /// Which sector a sealing step works on, and where.
    struct SectorIn<'a> {
        seal_proof: i64,
        miner: u64,
        number: u64,
        cache: &'a [u8],
        staged: &'a [u8],
        sealed: &'a [u8],
    }

    extern "Rust" {
        unsafe fn verify_seal<'a>(check: &SealCheck<'a>) -> Result<bool>;
        fn verify_aggregate_seals(
            seal_proof: i64,
            aggregate_proof: i64,
            miner: u64,
            checks: &[AggregateCheck],
            proof: &[u8],
        ) -> Result<bool>;
        unsafe fn verify_winning_post<'a>(
            randomness: &[u8; 32],
            proofs: &[PostBytes<'a>],
            sectors: &[PublicSector],
            miner: u64,
        ) -> Result<bool>;
        unsafe fn verify_window_post<'a>(
            randomness: &[u8; 32],
            proofs: &[PostBytes<'a>],
            sectors: &[PublicSector],
            miner: u64,
        ) -> Result<bool>;
        fn winning_post_challenge(
            post_proof: i64,
            randomness: &[u8; 32],
            miner: u64,
            eligible: u64,
        ) -> Result<Vec<u64>>;

        fn piece_commitment(seal_proof: i64, file: &[u8], unpadded_size: u64) -> Result<Piece>;
        fn add_piece(
            seal_proof: i64,
            source: &[u8],
            unpadded_size: u64,
            staged: &[u8],
            existing: &[u64],
        ) -> Result<PieceAdded>;
        fn unsealed_commitment(seal_proof: i64, pieces: &[Piece]) -> Result<[u8; 32]>;
        unsafe fn pre_commit_phase1<'a>(
            sector: &SectorIn<'a>,
            ticket: &[u8; 32],
            pieces: &[Piece],
        ) -> Result<Vec<u8>>;
        fn pre_commit_phase2(phase1: &[u8], cache: &[u8], sealed: &[u8]) -> Result<Commitments>;
        unsafe fn synthetic_proofs<'a>(
            sector: &SectorIn<'a>,
            commitments: &Commitments,
            ticket: &[u8; 32],
            pieces: &[Piece],
        ) -> Result<()>;
        unsafe fn commit_phase1<'a>(
            sector: &SectorIn<'a>,
            commitments: &Commitments,
            ticket: &[u8; 32],
            seed: &[u8; 32],
            pieces: &[Piece],
        ) -> Result<Vec<u8>>;
        fn commit_phase2(phase1: &[u8], miner: u64, number: u64) -> Result<Vec<u8>>;
        fn clear_cache(cache: &[u8]) -> Result<()>;
        fn clear_synthetic_proofs(cache: &[u8]) -> Result<()>;
        unsafe fn unseal_range<'a>(
            sector: &SectorIn<'a>,
            output: &[u8],
            ticket: &[u8; 32],
            comm_d: &[u8; 32],
            offset: u64,
            size: u64,
        ) -> Result<()>;

        unsafe fn generate_winning_post<'a>(
            post_proof: i64,
            randomness: &[u8; 32],
            miner: u64,
            replicas: &[ReplicaIn<'a>],
        ) -> Result<Vec<PostOut>>;
        unsafe fn generate_window_post<'a>(
            post_proof: i64,
            randomness: &[u8; 32],
            miner: u64,
            replicas: &[ReplicaIn<'a>],
        ) -> Result<WindowPostOut>;
        fn window_post_partitions(post_proof: i64, sectors: u64) -> Result<u64>;
        unsafe fn generate_window_post_partition<'a>(
            post_proof: i64,
            randomness: &[u8; 32],
            miner: u64,
            replicas: &[ReplicaIn<'a>],
            partition: u64,
        ) -> Result<WindowPostOut>;
        unsafe fn merge_window_post_partitions<'a>(
            post_proof: i64,
            partitions: &[PostBytes<'a>],
        ) -> Result<Vec<u8>>;

        fn parameter_folder() -> Result<String>;
        fn parameter_name(kind: u8, sector_size: u64) -> Result<String>;
    }
}
