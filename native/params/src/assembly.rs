// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs a circuit without values, to learn its shape and then its QAP at one point.
//!
//! The usual generator stores every coefficient of every constraint (5 GB for PoRep). As the point
//! tau is ours to choose before the second run, each coefficient can instead be multiplied by its
//! constraint's Lagrange polynomial at tau and added up at once: three numbers for each variable.

use bellperson::{ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use blstrs::Scalar;
use ff::Field;

/// What a circuit needs: counted in a first run.
#[derive(Clone, Copy, Default)]
pub struct Shape {
    pub inputs: usize,
    pub aux: usize,
    pub constraints: usize,
}

/// A, B and C of one variable at tau.
#[derive(Clone, Copy, Default)]
pub struct AtTau {
    pub a: Scalar,
    pub b: Scalar,
    pub c: Scalar,
}

/// `lagrange` empty: only counts.
pub struct Assembly<'a> {
    pub shape: Shape,
    pub inputs: Vec<AtTau>,
    pub aux: Vec<AtTau>,
    lagrange: &'a [Scalar],
}

impl<'a> Assembly<'a> {
    pub fn new(lagrange: &'a [Scalar]) -> Self {
        Assembly {
            shape: Shape::default(),
            inputs: Vec::new(),
            aux: Vec::new(),
            lagrange,
        }
    }

    fn counting(&self) -> bool {
        self.lagrange.is_empty()
    }

    fn add(&mut self, terms: &LinearCombination<Scalar>, pick: fn(&mut AtTau) -> &mut Scalar) {
        let weight = self.lagrange[self.shape.constraints];
        for (variable, coefficient) in terms.iter() {
            let sums = match variable.0 {
                Index::Input(index) => &mut self.inputs[index],
                Index::Aux(index) => &mut self.aux[index],
            };
            *pick(sums) += weight * coefficient;
        }
    }

    /// One more constraint for each input keeps all of them in the A query, as the prover expects.
    pub fn constrain_inputs(&mut self) {
        for index in 0..self.shape.inputs {
            let input = Variable::new_unchecked(Index::Input(index));
            self.enforce(|| "", |lc| lc + input, |lc| lc, |lc| lc);
        }
    }
}

impl ConstraintSystem<Scalar> for Assembly<'_> {
    type Root = Self;

    /// Parts synthesised apart would shift the order of variables.
    fn is_extensible() -> bool {
        false
    }

    fn alloc<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        let index = self.shape.aux;
        self.shape.aux += 1;
        if !self.counting() {
            self.aux.push(AtTau::default());
        }
        Ok(Variable::new_unchecked(Index::Aux(index)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        let index = self.shape.inputs;
        self.shape.inputs += 1;
        if !self.counting() {
            self.inputs.push(AtTau::default());
        }
        Ok(Variable::new_unchecked(Index::Input(index)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, a: LA, b: LB, c: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LB: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LC: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
    {
        if !self.counting() {
            self.add(&a(LinearCombination::zero()), |sums| &mut sums.a);
            self.add(&b(LinearCombination::zero()), |sums| &mut sums.b);
            self.add(&c(LinearCombination::zero()), |sums| &mut sums.c);
        }
        self.shape.constraints += 1;
    }

    fn push_namespace<NR, N>(&mut self, _: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
    }

    fn pop_namespace(&mut self) {}

    fn get_root(&mut self) -> &mut Self::Root {
        self
    }
}

/// The Lagrange polynomials of the domain of `1 << log_size` roots of unity, at `tau`:
/// L_j = (tau^n - 1) / n * w^j / (tau - w^j).
pub fn lagrange_at(tau: &Scalar, log_size: u32, root: &Scalar) -> Vec<Scalar> {
    let size = 1usize << log_size;
    let mut powers = Vec::with_capacity(size);
    let mut power = Scalar::ONE;
    for _ in 0..size {
        powers.push(power);
        power *= root;
    }
    // Montgomery's trick: one inversion for all.
    let mut products = Vec::with_capacity(size);
    let mut product = Scalar::ONE;
    for power in &powers {
        products.push(product);
        product *= tau - power;
    }
    let mut inverse = product.invert().expect("tau is not a root of unity");
    let vanishing = tau.pow_vartime([size as u64]) - Scalar::ONE;
    let scale = vanishing
        * Scalar::from(size as u64)
            .invert()
            .expect("size is a power of two");
    for (power, before) in powers.iter_mut().zip(products).rev() {
        let distance = *tau - *power;
        *power *= scale * inverse * before;
        inverse *= distance;
    }
    powers
}

#[cfg(test)]
mod tests {
    use super::*;
    use ff::PrimeField;

    #[test]
    fn lagrange_polynomials_interpolate() {
        let log_size = 5;
        let mut root = Scalar::ROOT_OF_UNITY;
        for _ in log_size..Scalar::S {
            root = root.square();
        }
        let tau = Scalar::from(123_456_789);
        let values = lagrange_at(&tau, log_size, &root);
        // f(x) = x^3 + 5 through its values at the roots.
        let mut sum = Scalar::ZERO;
        let mut node = Scalar::ONE;
        for value in values {
            sum += value * (node.pow_vartime([3]) + Scalar::from(5));
            node *= root;
        }
        assert_eq!(sum, tau.pow_vartime([3]) + Scalar::from(5));
    }
}
