// SPDX-License-Identifier: MIT OR Apache-2.0
fn main() {
    cxx_build::bridge("src/lib.rs")
        .std("c++20")
        .compile("venus_bls_bridge");
    println!("cargo:rerun-if-changed=src/lib.rs");
}
