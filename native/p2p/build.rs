// SPDX-License-Identifier: MIT OR Apache-2.0
fn main() {
    cxx_build::bridge("src/lib.rs")
        .std("c++20")
        .include("include")
        .compile("venus_p2p_bridge");
    println!("cargo:rerun-if-changed=src/lib.rs");
    println!("cargo:rerun-if-changed=include/venus_native/p2p_host.hpp");
}
