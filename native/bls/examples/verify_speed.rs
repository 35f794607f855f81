// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long the crate every implementation uses needs for one verification, as the measure for ours
//! through the bridge (bridge_bench, verify_one): cargo run --release --example verify_speed

use std::time::Instant;

use bls_signatures::{verify_messages, PrivateKey, PublicKey, Serialize, Signature};

fn main() {
    let secret = PrivateKey::new([7u8; 32]);
    let message = [9u8; 38];
    let signature = secret.sign(message).as_bytes();
    let key = secret.public_key().as_bytes();
    const ROUNDS: u32 = 500;
    let start = Instant::now();
    for _ in 0..ROUNDS {
        let signature = Signature::from_bytes(&signature).expect("a signature");
        let key = PublicKey::from_bytes(&key).expect("a key");
        assert!(verify_messages(&signature, &[&message], &[key]));
    }
    println!(
        "{:.1} us",
        start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
    );
}
