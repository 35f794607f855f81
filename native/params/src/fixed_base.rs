// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many multiples of one point: a table of all digits at all positions turns a multiplication into
//! one addition for each digit.

use blstrs::Scalar;
use ff::PrimeField;
use group::prime::{PrimeCurve, PrimeCurveAffine};
use rayon::prelude::*;

const SCALAR_BITS: usize = 255;

pub struct FixedBase<G: PrimeCurve> {
    window: usize,
    /// rows[k][d - 1] = d * 2^(window * k) * base
    rows: Vec<Vec<G::Affine>>,
}

impl<G> FixedBase<G>
where
    G: PrimeCurve<Scalar = Scalar>,
    G::Affine: Send + Sync,
{
    /// Digits of `window` bits, 1 to 16.
    pub fn new(base: G, window: usize) -> Self {
        let mut bases = Vec::new();
        let mut current = base;
        for _ in 0..SCALAR_BITS.div_ceil(window) {
            bases.push(current);
            for _ in 0..window {
                current = current.double();
            }
        }
        let rows = bases
            .par_iter()
            .map(|base| row(base, (1 << window) - 1))
            .collect();
        FixedBase { window, rows }
    }

    fn multiply(&self, scalar: &Scalar) -> G {
        let bytes = scalar.to_repr();
        let bytes: &[u8] = bytes.as_ref();
        let mut sum = G::identity();
        for (position, row) in self.rows.iter().enumerate() {
            let digit = digit(bytes, position * self.window, self.window);
            if digit != 0 {
                sum += &row[digit - 1];
            }
        }
        sum
    }

    /// scalar * base for each scalar, on all cores.
    pub fn multiply_all(&self, scalars: &[Scalar]) -> Vec<G::Affine> {
        const BLOCK: usize = 1024;
        scalars
            .par_chunks(BLOCK)
            .flat_map_iter(|block| {
                let points: Vec<G> = block.iter().map(|scalar| self.multiply(scalar)).collect();
                let mut affine = vec![G::Affine::identity(); points.len()];
                G::batch_normalize(&points, &mut affine);
                affine
            })
            .collect()
    }
}

fn row<G: PrimeCurve>(base: &G, length: usize) -> Vec<G::Affine> {
    let mut points = Vec::with_capacity(length);
    let mut current = *base;
    for _ in 0..length {
        points.push(current);
        current += base;
    }
    let mut affine = vec![G::Affine::identity(); length];
    G::batch_normalize(&points, &mut affine);
    affine
}

/// `width` bits from bit `start` of a little-endian number.
fn digit(bytes: &[u8], start: usize, width: usize) -> usize {
    let mut word = 0usize;
    for (index, byte) in bytes.iter().skip(start / 8).take(4).enumerate() {
        word |= usize::from(*byte) << (8 * index);
    }
    (word >> (start % 8)) & ((1 << width) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use blstrs::{G1Projective, G2Projective};
    use ff::Field;

    fn check<G>(window: usize)
    where
        G: PrimeCurve<Scalar = Scalar>,
        G::Affine: Send + Sync,
    {
        let base = G::random(rand::rngs::OsRng);
        let table = FixedBase::new(base, window);
        let mut scalars = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE];
        scalars.extend((0..40).map(|_| Scalar::random(rand::rngs::OsRng)));
        let products = table.multiply_all(&scalars);
        for (scalar, product) in scalars.iter().zip(products) {
            assert_eq!(product, (base * scalar).to_affine());
        }
    }

    #[test]
    fn agrees_with_plain_multiplication() {
        check::<G1Projective>(13);
        check::<G2Projective>(8);
        check::<G1Projective>(1);
    }
}
