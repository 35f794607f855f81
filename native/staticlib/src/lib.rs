// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ties the crates into one static library, so that C++ links one Rust runtime.

pub use venus_bls as bls;
pub use venus_p2p as p2p;
pub use venus_params as params;
pub use venus_proofs as proofs;
pub use venus_vm as vm;
