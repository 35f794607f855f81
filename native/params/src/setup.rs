// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Groth16 set-up with toxic waste that dies with this function, written in the file formats
//! filecoin-proofs looks up: `.params` for provers, `.vk` for verifiers, `.meta` beside them.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use bellperson::Circuit;
use blstrs::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use ff::{Field, PrimeField};
use group::prime::PrimeCurve;
use group::{Curve, UncompressedEncoding};
use rand::rngs::OsRng;
use storage_proofs_core::parameter_cache::{metadata_id, parameter_id, verifying_key_id};
use venus_guard::refuse;

use crate::assembly::{lagrange_at, Assembly, AtTau, Shape};
use crate::ffi::ParamProgress;
use crate::fixed_base::FixedBase;

/// Points computed and written at a time: bounds memory, and is how often progress is told.
const CHUNK: usize = 1 << 16;

/// Costs relative to one multiplication in G1, measured; for the progress only.
const G2_COST: f64 = 2.6;
const CONSTRAINT_COST: f64 = 0.35;

struct Waste {
    alpha: Scalar,
    beta: Scalar,
    gamma: Scalar,
    delta: Scalar,
    tau: Scalar,
}

impl Waste {
    fn random() -> Self {
        let next = || loop {
            let scalar = Scalar::random(OsRng);
            if !scalar.is_zero_vartime() {
                return scalar;
            }
        };
        Waste {
            alpha: next(),
            beta: next(),
            gamma: next(),
            delta: next(),
            tau: next(),
        }
    }
}

/// Tells the caller of finished work and hears its wish to stop.
struct Teller<'a> {
    progress: &'a ParamProgress,
    synthesis: f64,
    done: f64,
    total: f64,
}

impl<'a> Teller<'a> {
    fn new(progress: &'a ParamProgress, shape: &Shape, size: usize) -> Self {
        let synthesis = CONSTRAINT_COST * shape.constraints as f64;
        let variables = (shape.inputs + shape.aux) as f64;
        Teller {
            progress,
            synthesis,
            done: 0.0,
            total: 2.0 * synthesis + size as f64 + (2.5 + 0.5 * G2_COST) * variables,
        }
    }

    fn tell(&mut self, work: f64, what: &str) -> anyhow::Result<()> {
        self.done += work;
        if !self
            .progress
            .step((self.done / self.total).min(1.0), what)?
        {
            refuse!(Cancelled, "parameter generation stopped at {what}");
        }
        Ok(())
    }
}

fn synthesize<C: Circuit<Scalar>>(
    circuit: C,
    lagrange: &[Scalar],
) -> anyhow::Result<(Shape, Vec<AtTau>, Vec<AtTau>)> {
    let mut assembly = Assembly::new(lagrange);
    bellperson::ConstraintSystem::alloc_input(&mut assembly, || "", || Ok(Scalar::ONE))?;
    circuit.synthesize(&mut assembly)?;
    assembly.constrain_inputs();
    Ok((assembly.shape, assembly.inputs, assembly.aux))
}

fn domain(constraints: usize) -> anyhow::Result<(u32, Scalar)> {
    let log_size = constraints.next_power_of_two().trailing_zeros();
    anyhow::ensure!(
        log_size < Scalar::S,
        "{constraints} constraints are too many"
    );
    let mut root = Scalar::ROOT_OF_UNITY;
    for _ in log_size..Scalar::S {
        root = root.square();
    }
    Ok((log_size, root))
}

fn write_point<P: UncompressedEncoding>(out: &mut impl Write, point: &P) -> anyhow::Result<()> {
    Ok(out.write_all(point.to_uncompressed().as_ref())?)
}

fn write_count(out: &mut impl Write, count: usize) -> anyhow::Result<()> {
    Ok(out.write_all(&u32::try_from(count)?.to_be_bytes())?)
}

/// Writes scalar * base for each scalar but zero, with their number in front.
fn write_query<G>(
    out: &mut impl Write,
    table: &FixedBase<G>,
    scalars: &[Scalar],
    cost: f64,
    what: &str,
    teller: &mut Teller<'_>,
) -> anyhow::Result<()>
where
    G: PrimeCurve<Scalar = Scalar>,
    G::Affine: UncompressedEncoding + Send + Sync,
{
    let scalars: Vec<Scalar> = scalars
        .iter()
        .filter(|scalar| !scalar.is_zero_vartime())
        .copied()
        .collect();
    write_count(out, scalars.len())?;
    for chunk in scalars.chunks(CHUNK) {
        for point in table.multiply_all(chunk) {
            write_point(out, &point)?;
        }
        teller.tell(cost * chunk.len() as f64, what)?;
    }
    Ok(())
}

struct Key {
    alpha_g1: G1Affine,
    beta_g1: G1Affine,
    beta_g2: G2Affine,
    gamma_g2: G2Affine,
    delta_g1: G1Affine,
    delta_g2: G2Affine,
    ic: Vec<G1Affine>,
}

impl Key {
    fn new(waste: &Waste, g1: &G1Projective, g2: &G2Projective, ic: Vec<G1Affine>) -> Self {
        Key {
            alpha_g1: (g1 * waste.alpha).to_affine(),
            beta_g1: (g1 * waste.beta).to_affine(),
            beta_g2: (g2 * waste.beta).to_affine(),
            gamma_g2: (g2 * waste.gamma).to_affine(),
            delta_g1: (g1 * waste.delta).to_affine(),
            delta_g2: (g2 * waste.delta).to_affine(),
            ic,
        }
    }

    fn write(&self, out: &mut impl Write) -> anyhow::Result<()> {
        write_point(out, &self.alpha_g1)?;
        write_point(out, &self.beta_g1)?;
        write_point(out, &self.beta_g2)?;
        write_point(out, &self.gamma_g2)?;
        write_point(out, &self.delta_g1)?;
        write_point(out, &self.delta_g2)?;
        write_count(out, self.ic.len())?;
        self.ic.iter().try_for_each(|point| write_point(out, point))
    }
}

/// Files under construction; what is not finished is removed.
struct Draft {
    path: PathBuf,
    target: PathBuf,
    file: BufWriter<File>,
}

impl Draft {
    fn new(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(format!(".{name}.{}.part", std::process::id()));
        let file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
        Ok(Draft {
            path,
            target: folder.join(name),
            file: BufWriter::with_capacity(1 << 20, file),
        })
    }

    fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.path, &self.target)
            .with_context(|| format!("rename to {}", self.target.display()))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Fails when it was renamed, which is the good case.
        let _ = fs::remove_file(&self.path);
    }
}

pub fn generate<C: Circuit<Scalar>>(
    circuit: impl Fn() -> C,
    identifier: &str,
    sector_size: u64,
    folder: &Path,
    progress: &ParamProgress,
) -> anyhow::Result<()> {
    if !progress.step(0.0, "count constraints")? {
        refuse!(Cancelled, "parameter generation stopped before it began");
    }
    let (shape, _, _) = synthesize(circuit(), &[])?;
    let (log_size, root) = domain(shape.constraints)?;
    let mut teller = Teller::new(progress, &shape, 1 << log_size);
    teller.tell(teller.synthesis, "evaluate circuit")?;

    let waste = Waste::random();
    let lagrange = lagrange_at(&waste.tau, log_size, &root);
    let (_, inputs, aux) = synthesize(circuit(), &lagrange)?;
    drop(lagrange);
    teller.tell(teller.synthesis, "tables")?;

    let setup = Setup {
        waste,
        size: 1 << log_size,
        inputs,
        aux,
    };
    let mut params = Draft::new(folder, &parameter_id(identifier))?;
    let key = setup.write(&mut params.file, &mut teller)?;
    let mut vk = Draft::new(folder, &verifying_key_id(identifier))?;
    key.write(&mut vk.file)?;
    let mut meta = Draft::new(folder, &metadata_id(identifier))?;
    write!(meta.file, "{{\"sector_size\":{sector_size}}}")?;
    // The verifying key last: whoever sees it may rely on the others.
    params.finish()?;
    meta.finish()?;
    vk.finish()?;
    progress.step(1.0, "done")?;
    Ok(())
}

/// A circuit at the secret point.
struct Setup {
    waste: Waste,
    size: usize,
    inputs: Vec<AtTau>,
    aux: Vec<AtTau>,
}

impl Setup {
    /// (beta A + alpha B + C) / divisor
    fn extension(&self, sums: &[AtTau], divisor: &Scalar) -> anyhow::Result<Vec<Scalar>> {
        let inverse = invert(divisor)?;
        let term = |sums: &AtTau| {
            (sums.a * self.waste.beta + sums.b * self.waste.alpha + sums.c) * inverse
        };
        Ok(sums.iter().map(term).collect())
    }

    fn query(&self, pick: fn(&AtTau) -> Scalar) -> Vec<Scalar> {
        self.inputs.iter().chain(&self.aux).map(pick).collect()
    }

    /// Writes all that a prover needs, one query in memory at a time; the verifying key.
    fn write(&self, out: &mut impl Write, teller: &mut Teller<'_>) -> anyhow::Result<Key> {
        let g1 = random_point::<G1Projective>();
        let g2 = random_point::<G2Projective>();
        let window = if self.size > 1 << 19 { 14 } else { 11 };
        let table = FixedBase::new(g1, window);
        let ic = self.extension(&self.inputs, &self.waste.gamma)?;
        let key = Key::new(&self.waste, &g1, &g2, table.multiply_all(&ic));
        key.write(out)?;

        write_query(
            out,
            &table,
            &h_query(&self.waste, self.size)?,
            1.0,
            "H",
            teller,
        )?;
        let l = self.extension(&self.aux, &self.waste.delta)?;
        if l.iter().any(|scalar| scalar.is_zero_vartime()) {
            refuse!(Internal, "the circuit has an unconstrained variable");
        }
        write_query(out, &table, &l, 1.0, "L", teller)?;
        drop(l);
        write_query(out, &table, &self.query(|sums| sums.a), 1.0, "A", teller)?;
        let b = self.query(|sums| sums.b);
        write_query(out, &table, &b, 1.0, "B in G1", teller)?;
        drop(table);
        let table = FixedBase::new(g2, window - 1);
        write_query(out, &table, &b, G2_COST, "B in G2", teller)?;
        Ok(key)
    }
}

/// tau^i * (tau^size - 1) / delta for i below size - 1.
fn h_query(waste: &Waste, size: usize) -> anyhow::Result<Vec<Scalar>> {
    let vanishing = waste.tau.pow_vartime([size as u64]) - Scalar::ONE;
    let mut power = vanishing * invert(&waste.delta)?;
    let mut scalars = Vec::with_capacity(size - 1);
    for _ in 0..size - 1 {
        scalars.push(power);
        power *= waste.tau;
    }
    Ok(scalars)
}

fn invert(scalar: &Scalar) -> anyhow::Result<Scalar> {
    Option::from(scalar.invert()).context("zero among the secrets")
}

fn random_point<G: PrimeCurve<Scalar = Scalar>>() -> G {
    loop {
        let point = G::generator() * Scalar::random(OsRng);
        if !bool::from(point.is_identity()) {
            return point;
        }
    }
}
