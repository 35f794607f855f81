// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes Groth16 parameters for the circuits of small sectors, for networks of one's own.

mod assembly;
mod fixed_base;
mod setup;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use filecoin_proofs::constants::{DefaultPieceHasher, SectorShape2KiB};
use filecoin_proofs::parameters::{
    public_params, window_post_public_params, winning_post_public_params,
};
use filecoin_proofs_api::{RegisteredPoStProof, RegisteredSealProof};
use storage_proofs_core::compound_proof::CompoundProof;
use storage_proofs_core::parameter_cache::CacheableParameters;
use storage_proofs_porep::stacked::{StackedCircuit, StackedCompound};
use storage_proofs_post::fallback::{FallbackPoStCircuit, FallbackPoStCompound};
use venus_guard::{guard, refuse, Result};

use setup::generate;

#[cxx::bridge(namespace = "venus::native")]
mod ffi {
    extern "Rust" {
        /// `kind` 0 WinningPoSt, 1 WindowPoSt, 2 PoRep.
        fn generate_parameters(
            kind: u8,
            sector_size: u64,
            folder: &[u8],
            progress: &ParamProgress,
        ) -> Result<()>;
    }

    unsafe extern "C++" {
        include!("venus_native/param_progress.hpp");

        type ParamProgress;
        fn step(self: &ParamProgress, fraction: f64, what: &str) -> Result<bool>;
    }
}

type Tree = SectorShape2KiB;
type PostCompound = FallbackPoStCompound<Tree>;
type PostCircuit = FallbackPoStCircuit<Tree>;
type PorepCompound = StackedCompound<Tree, DefaultPieceHasher>;
type PorepCircuit = StackedCircuit<Tree, DefaultPieceHasher>;

const TWO_KIB: u64 = 2048;

fn generate_parameters(
    kind: u8,
    sector_size: u64,
    folder: &[u8],
    progress: &ffi::ParamProgress,
) -> Result<()> {
    guard(|| {
        if sector_size != TWO_KIB {
            refuse!(
                Unsupported,
                "parameters are made for sectors of 2 KiB alone"
            );
        }
        let folder = Path::new(OsStr::from_bytes(folder));
        std::fs::create_dir_all(folder)?;
        match kind {
            0 => {
                let config = RegisteredPoStProof::StackedDrgWinning2KiBV1.as_v1_config();
                let public = winning_post_public_params::<Tree>(&config)?;
                let id = <PostCompound as CacheableParameters<PostCircuit, _>>::cache_identifier(
                    &public,
                );
                let circuit = || PostCompound::blank_circuit(&public);
                generate(circuit, &id, sector_size, folder, progress)
            }
            1 => {
                let config = RegisteredPoStProof::StackedDrgWindow2KiBV1_2.as_v1_config();
                let public = window_post_public_params::<Tree>(&config)?;
                let id = <PostCompound as CacheableParameters<PostCircuit, _>>::cache_identifier(
                    &public,
                );
                let circuit = || PostCompound::blank_circuit(&public);
                generate(circuit, &id, sector_size, folder, progress)
            }
            2 => {
                let config = RegisteredSealProof::StackedDrg2KiBV1_1.as_v1_config();
                let public = public_params::<Tree>(&config)?;
                let id = <PorepCompound as CacheableParameters<PorepCircuit, _>>::cache_identifier(
                    &public,
                );
                let circuit = || PorepCompound::blank_circuit(&public);
                generate(circuit, &id, sector_size, folder, progress)
            }
            _ => refuse!(InvalidArgument, "parameter kind {kind}"),
        }
    })
}
