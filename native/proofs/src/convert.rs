// SPDX-License-Identifier: MIT OR Apache-2.0
//! Chain numbers and bytes to the types of filecoin-proofs-api, refusing what it would panic on.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use filecoin_proofs_api::{
    PieceInfo, ProverId, RegisteredAggregationProof, RegisteredPoStProof, RegisteredSealProof,
    UnpaddedBytesAmount,
};
use venus_guard::refuse;

use crate::ffi::Piece;

/// Nothing on chain has more sectors in one proof.
pub const MOST_SECTORS: usize = 16 * 2349;

/// In the order of the registered numbers of the chain.
const SEAL_PROOFS: [RegisteredSealProof; 20] = {
    use RegisteredSealProof::*;
    [
        StackedDrg2KiBV1,
        StackedDrg8MiBV1,
        StackedDrg512MiBV1,
        StackedDrg32GiBV1,
        StackedDrg64GiBV1,
        StackedDrg2KiBV1_1,
        StackedDrg8MiBV1_1,
        StackedDrg512MiBV1_1,
        StackedDrg32GiBV1_1,
        StackedDrg64GiBV1_1,
        StackedDrg2KiBV1_1_Feat_SyntheticPoRep,
        StackedDrg8MiBV1_1_Feat_SyntheticPoRep,
        StackedDrg512MiBV1_1_Feat_SyntheticPoRep,
        StackedDrg32GiBV1_1_Feat_SyntheticPoRep,
        StackedDrg64GiBV1_1_Feat_SyntheticPoRep,
        StackedDrg2KiBV1_2_Feat_NonInteractivePoRep,
        StackedDrg8MiBV1_2_Feat_NonInteractivePoRep,
        StackedDrg512MiBV1_2_Feat_NonInteractivePoRep,
        StackedDrg32GiBV1_2_Feat_NonInteractivePoRep,
        StackedDrg64GiBV1_2_Feat_NonInteractivePoRep,
    ]
};

/// The chain calls the last five V1_1, the proofs library V1_2.
const POST_PROOFS: [RegisteredPoStProof; 15] = {
    use RegisteredPoStProof::*;
    [
        StackedDrgWinning2KiBV1,
        StackedDrgWinning8MiBV1,
        StackedDrgWinning512MiBV1,
        StackedDrgWinning32GiBV1,
        StackedDrgWinning64GiBV1,
        StackedDrgWindow2KiBV1,
        StackedDrgWindow8MiBV1,
        StackedDrgWindow512MiBV1,
        StackedDrgWindow32GiBV1,
        StackedDrgWindow64GiBV1,
        StackedDrgWindow2KiBV1_2,
        StackedDrgWindow8MiBV1_2,
        StackedDrgWindow512MiBV1_2,
        StackedDrgWindow32GiBV1_2,
        StackedDrgWindow64GiBV1_2,
    ]
};

const SIZES: [u64; 5] = [2 << 10, 8 << 20, 512 << 20, 32 << 30, 64 << 30];

fn lookup<T: Copy>(table: &[T], number: i64, what: &str) -> anyhow::Result<T> {
    match usize::try_from(number)
        .ok()
        .and_then(|index| table.get(index))
    {
        Some(entry) => Ok(*entry),
        None => refuse!(InvalidArgument, "registered {what} {number} is unknown"),
    }
}

pub fn seal_type(number: i64) -> anyhow::Result<RegisteredSealProof> {
    lookup(&SEAL_PROOFS, number, "seal proof")
}

pub fn post_number(proof: RegisteredPoStProof) -> i64 {
    POST_PROOFS
        .iter()
        .position(|entry| *entry == proof)
        .map_or(-1, |index| index as i64)
}

pub fn winning_type(number: i64) -> anyhow::Result<RegisteredPoStProof> {
    lookup(&POST_PROOFS[..5], number, "WinningPoSt proof")
}

pub fn window_type(number: i64) -> anyhow::Result<RegisteredPoStProof> {
    let proof = lookup(&POST_PROOFS, number, "WindowPoSt proof")?;
    if number < 5 {
        refuse!(
            InvalidArgument,
            "registered proof {number} is no WindowPoSt"
        );
    }
    Ok(proof)
}

/// The WinningPoSt for sectors of a seal type: only the size matters.
pub fn winning_type_of_seal(seal_proof: i64) -> anyhow::Result<RegisteredPoStProof> {
    seal_type(seal_proof)?;
    winning_type(seal_proof % 5)
}

/// Sectors of one size alone can be in a proof.
pub fn check_size(post: RegisteredPoStProof, seal_proof: i64) -> anyhow::Result<()> {
    if seal_type(seal_proof)?.sector_size() != post.sector_size() {
        refuse!(
            InvalidArgument,
            "a sector of seal proof {seal_proof} in a {post:?}"
        );
    }
    Ok(())
}

pub fn aggregation_type(number: i64) -> anyhow::Result<RegisteredAggregationProof> {
    use RegisteredAggregationProof::*;
    lookup(&[SnarkPackV1, SnarkPackV2], number, "aggregate proof")
}

pub fn size_index(sector_size: u64) -> anyhow::Result<usize> {
    match SIZES.iter().position(|size| *size == sector_size) {
        Some(index) => Ok(index),
        None => refuse!(InvalidArgument, "no sectors of {sector_size} bytes"),
    }
}

pub fn seal_type_of_size(sector_size: u64) -> anyhow::Result<RegisteredSealProof> {
    Ok(SEAL_PROOFS[5 + size_index(sector_size)?])
}

pub fn winning_type_of_size(sector_size: u64) -> anyhow::Result<RegisteredPoStProof> {
    Ok(POST_PROOFS[size_index(sector_size)?])
}

pub fn window_type_of_size(sector_size: u64) -> anyhow::Result<RegisteredPoStProof> {
    Ok(POST_PROOFS[10 + size_index(sector_size)?])
}

/// The payload of the miner's ID address (unsigned LEB128), padded with zeros.
pub fn prover_id(miner: u64) -> ProverId {
    let mut id = [0u8; 32];
    let mut rest = miner;
    for byte in &mut id {
        *byte = (rest & 0x7f) as u8;
        rest >>= 7;
        if rest == 0 {
            break;
        }
        *byte |= 0x80;
    }
    id
}

/// 32 random bytes as an element of the 255-bit field.
pub fn field_element(randomness: &[u8; 32]) -> [u8; 32] {
    let mut bytes = *randomness;
    bytes[31] &= 0x3f;
    bytes
}

pub fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

pub fn path_buf(bytes: &[u8]) -> PathBuf {
    path(bytes).to_path_buf()
}

/// Data sizes are those that fill a tree after bit padding: 127/128 of a power of two.
pub fn unpadded_size(size: u64) -> anyhow::Result<UnpaddedBytesAmount> {
    let padded = u128::from(size) * 128 / 127;
    if size % 127 != 0 || size == 0 || !padded.is_power_of_two() || padded > 1 << 36 {
        refuse!(InvalidArgument, "{size} bytes are no unpadded piece size");
    }
    Ok(UnpaddedBytesAmount(size))
}

pub fn pieces(pieces: &[Piece]) -> anyhow::Result<Vec<PieceInfo>> {
    pieces
        .iter()
        .map(|piece| {
            let size = piece.padded_size;
            if size < 128 || !size.is_power_of_two() || size > 1 << 36 {
                refuse!(InvalidArgument, "{size} bytes are no padded piece size");
            }
            PieceInfo::new(piece.commitment, UnpaddedBytesAmount(size / 128 * 127))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prover_id_is_the_address_payload() {
        assert_eq!(prover_id(1000)[..3], [0xe8, 0x07, 0]);
        assert_eq!(prover_id(0), [0; 32]);
        assert_eq!(prover_id(u64::MAX)[9..11], [1, 0]);
    }

    #[test]
    fn unpadded_sizes_are_127_128ths() {
        assert!(unpadded_size(2032).is_ok());
        assert!(unpadded_size(127).is_ok());
        for bad in [0, 1, 128, 126, 254 + 127, u64::MAX] {
            assert!(unpadded_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tables_follow_the_registered_numbers() {
        for (number, proof) in SEAL_PROOFS.iter().enumerate() {
            assert_eq!(u64::from(proof.sector_size()), SIZES[number % 5]);
        }
        for (number, proof) in POST_PROOFS.iter().enumerate() {
            assert_eq!(u64::from(proof.sector_size()), SIZES[number % 5]);
            assert_eq!(post_number(*proof), number as i64);
        }
    }
}
