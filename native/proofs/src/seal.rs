// SPDX-License-Identifier: MIT OR Apache-2.0
//! The steps from data to a proven sector.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use anyhow::Context;
use filecoin_proofs_api::seal::{self, SealPreCommitPhase2Output};
use filecoin_proofs_api::{SectorId, UnpaddedByteIndex, UnpaddedBytesAmount};
use venus_guard::{guard, refuse, Result};

use crate::convert::{field_element, path, path_buf, pieces, prover_id, seal_type, unpadded_size};
use crate::ffi::{Commitments, Piece, PieceAdded, SectorIn};

/// `size` bytes of a file that must have them.
fn open_source(file: &[u8], size: u64) -> anyhow::Result<impl Read> {
    let name = path(file).display();
    let source = File::open(path(file)).with_context(|| format!("open {name}"))?;
    let metadata = source.metadata()?;
    if metadata.is_file() && metadata.len() < size {
        refuse!(
            InvalidArgument,
            "{name} has {} bytes, not {size}",
            metadata.len()
        );
    }
    Ok(BufReader::with_capacity(1 << 20, source).take(size))
}

pub fn piece_commitment(seal_proof: i64, file: &[u8], size: u64) -> Result<Piece> {
    guard(|| {
        let amount = unpadded_size(size)?;
        let source = open_source(file, size)?;
        let info = seal::generate_piece_commitment(seal_type(seal_proof)?, source, amount)?;
        Ok(Piece {
            padded_size: size / 127 * 128,
            commitment: info.commitment,
        })
    })
}

pub fn add_piece(
    seal_proof: i64,
    source: &[u8],
    size: u64,
    staged: &[u8],
    existing: &[u64],
) -> Result<PieceAdded> {
    guard(|| {
        let proof_type = seal_type(seal_proof)?;
        let amount = unpadded_size(size)?;
        let existing: Vec<UnpaddedBytesAmount> = existing
            .iter()
            .map(|size| unpadded_size(*size))
            .collect::<anyhow::Result<_>>()?;
        let source = open_source(source, size)?;
        let mut target = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path(staged))
            .with_context(|| format!("open {}", path(staged).display()))?;
        target.seek(SeekFrom::End(0))?;
        let (info, written) = seal::add_piece(proof_type, source, &target, amount, &existing)?;
        Ok(PieceAdded {
            commitment: info.commitment,
            left_alignment: u64::from(written) - size,
            written: u64::from(written),
        })
    })
}

pub fn unsealed_commitment(seal_proof: i64, list: &[Piece]) -> Result<[u8; 32]> {
    guard(|| seal::compute_comm_d(seal_type(seal_proof)?, &pieces(list)?))
}

pub fn pre_commit_phase1(
    sector: &SectorIn<'_>,
    ticket: &[u8; 32],
    list: &[Piece],
) -> Result<Vec<u8>> {
    guard(|| {
        let proof_type = seal_type(sector.seal_proof)?;
        // The library writes the replica over a file that must exist.
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path(sector.sealed))
            .with_context(|| format!("create {}", path(sector.sealed).display()))?;
        let output = seal::seal_pre_commit_phase1(
            proof_type,
            path_buf(sector.cache),
            path_buf(sector.staged),
            path_buf(sector.sealed),
            prover_id(sector.miner),
            SectorId::from(sector.number),
            field_element(ticket),
            &pieces(list)?,
        )?;
        Ok(serde_json::to_vec(&output)?)
    })
}

pub fn pre_commit_phase2(phase1: &[u8], cache: &[u8], sealed: &[u8]) -> Result<Commitments> {
    guard(|| {
        let Ok(phase1) = serde_json::from_slice(phase1) else {
            refuse!(Malformed, "not the output of pre-commit phase 1");
        };
        let output = seal::seal_pre_commit_phase2(phase1, path_buf(cache), path_buf(sealed))?;
        Ok(Commitments {
            sealed: output.comm_r,
            unsealed: output.comm_d,
        })
    })
}

fn pre_commit(
    sector: &SectorIn<'_>,
    commitments: &Commitments,
) -> anyhow::Result<SealPreCommitPhase2Output> {
    Ok(SealPreCommitPhase2Output {
        registered_proof: seal_type(sector.seal_proof)?,
        comm_r: commitments.sealed,
        comm_d: commitments.unsealed,
    })
}

pub fn synthetic_proofs(
    sector: &SectorIn<'_>,
    commitments: &Commitments,
    ticket: &[u8; 32],
    list: &[Piece],
) -> Result<()> {
    guard(|| {
        seal::generate_synth_proofs(
            path_buf(sector.cache),
            path_buf(sector.sealed),
            prover_id(sector.miner),
            SectorId::from(sector.number),
            field_element(ticket),
            pre_commit(sector, commitments)?,
            &pieces(list)?,
        )
    })
}

pub fn commit_phase1(
    sector: &SectorIn<'_>,
    commitments: &Commitments,
    ticket: &[u8; 32],
    seed: &[u8; 32],
    list: &[Piece],
) -> Result<Vec<u8>> {
    guard(|| {
        let output = seal::seal_commit_phase1(
            path_buf(sector.cache),
            path_buf(sector.sealed),
            prover_id(sector.miner),
            SectorId::from(sector.number),
            field_element(ticket),
            field_element(seed),
            pre_commit(sector, commitments)?,
            &pieces(list)?,
        )?;
        Ok(serde_json::to_vec(&output)?)
    })
}

pub fn commit_phase2(phase1: &[u8], miner: u64, number: u64) -> Result<Vec<u8>> {
    guard(|| {
        let Ok(phase1) = serde_json::from_slice(phase1) else {
            refuse!(Malformed, "not the output of commit phase 1");
        };
        let sector = SectorId::from(number);
        Ok(seal::seal_commit_phase2(phase1, prover_id(miner), sector)?.proof)
    })
}

pub fn clear_cache(cache: &[u8]) -> Result<()> {
    guard(|| seal::clear_cache(path(cache)))
}

pub fn clear_synthetic_proofs(cache: &[u8]) -> Result<()> {
    guard(|| seal::clear_synthetic_proofs(path(cache)))
}

pub fn unseal_range(
    sector: &SectorIn<'_>,
    output: &[u8],
    ticket: &[u8; 32],
    comm_d: &[u8; 32],
    offset: u64,
    size: u64,
) -> Result<()> {
    guard(|| {
        let file = File::create(path(output))
            .with_context(|| format!("create {}", path(output).display()))?;
        let mut writer = BufWriter::with_capacity(1 << 20, file);
        let written = seal::get_unsealed_range_mapped(
            seal_type(sector.seal_proof)?,
            path_buf(sector.cache),
            path_buf(sector.sealed),
            &mut writer,
            prover_id(sector.miner),
            SectorId::from(sector.number),
            *comm_d,
            field_element(ticket),
            UnpaddedByteIndex(offset),
            UnpaddedBytesAmount(size),
        )?;
        writer.flush()?;
        if u64::from(written) != size {
            refuse!(Internal, "unsealed {} of {size} bytes", u64::from(written));
        }
        Ok(())
    })
}
