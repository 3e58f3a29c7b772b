//! How strongly each cell type expresses each gene.

use crate::alias::AliasTable;
use crate::catalog::CELL_TYPES;
use crate::random::{Random, Stream};

use super::Spec;
use super::genes::{Gene, Role};

/// The expression of all cell types.
pub struct Profiles {
    pub types: Vec<TypeProfile>,
    /// What mitochondrial molecules are of.
    pub mitochondrial: Option<AliasTable>,
    /// What a cell makes in addition while it copies its DNA.
    pub s_phase: Option<AliasTable>,
    /// What a cell makes in addition before it divides.
    pub g2m_phase: Option<AliasTable>,
}

/// A cell type.
pub struct TypeProfile {
    /// How common it is, relative to the others.
    pub size: f64,
    /// The type it descends from or grades into.
    pub relative: Option<usize>,
    /// What its molecules are of, the mitochondrial ones aside.
    pub genes: AliasTable,
    /// The genes it expresses more than its relatives do, ascending.
    pub program: Vec<u32>,
    /// Its molecules, relative to other types'.
    pub library_scale: f64,
    /// How many of its cells divide.
    pub cycling: f64,
}

/// The share of molecules that the housekeeping genes have together.
const HOUSEKEEPING_SHARE: f64 = 0.22;
/// The share of molecules that a marker has in its type.
const MARKER_SHARE: f64 = 0.003;
/// A marker outside its type and the type's relatives, relative to inside.
const MARKER_LEAK: f64 = 0.01;

impl Profiles {
    pub fn new(spec: Spec, n_types: usize, genes: &[Gene]) -> Self {
        let base = base_abundances(spec, genes);
        // What a type has in common with those that descend from it: logarithms of ratios to the base.
        let mut shared: Vec<Vec<f32>> = Vec::with_capacity(n_types);
        let mut types = Vec::with_capacity(n_types);
        for (t, cell_type) in CELL_TYPES[..n_types].iter().enumerate() {
            let relative = cell_type
                .relative
                .map(|name| CELL_TYPES.iter().position(|other| other.name == name).expect("the catalog is whole"));
            let mut random = Random::new(spec.seed, Stream::TypeProfile, t as u64);
            let inherited = relative.map(|r: usize| shared[r].as_slice());
            let common = common_ratios(&mut random, inherited, genes.len());
            let (profile, program) = own_abundances(&mut random, t, relative, genes, &base, &common);
            let mut random = Random::new(spec.seed, Stream::TypeSizes, t as u64);
            types.push(TypeProfile {
                size: libm::pow((t + 1) as f64, -0.9) * random.log_normal(0.25),
                relative,
                genes: AliasTable::new(&profile),
                program,
                library_scale: random.log_normal(0.25),
                cycling: if random.chance(0.2) { 0.25 * random.unit() } else { 0.02 },
            });
            shared.push(common);
        }
        let table = |role: Role| {
            let weights: Vec<f64> = genes.iter().map(|gene| f64::from(u8::from(gene.role == role))).collect();
            (weights.contains(&1.0)).then(|| {
                let mut random = Random::new(spec.seed, Stream::Genes, 1);
                let uneven: Vec<f64> = weights.iter().map(|weight| weight * random.log_normal(0.8)).collect();
                AliasTable::new(&uneven)
            })
        };
        Self {
            types,
            mitochondrial: table(Role::Mitochondrial),
            s_phase: table(Role::SPhase),
            g2m_phase: table(Role::G2mPhase),
        }
    }

    /// How common each type is, relative to the others.
    pub fn type_sizes(&self) -> Vec<f64> {
        self.types.iter().map(|profile| profile.size).collect()
    }
}

/// How abundant each gene is where nothing is special about it: over many orders of magnitude, as in real tissues,
/// where half the annotated genes are hardly ever seen.
fn base_abundances(spec: Spec, genes: &[Gene]) -> Vec<f64> {
    let mut random = Random::new(spec.seed, Stream::Genes, 2);
    let plain = |random: &mut Random| {
        // Panels of few genes leave out those that are hardly ever seen.
        let rare = 0.6 * libm::sqrt((spec.n_genes as f64 / 20_000.0).min(1.0));
        if random.chance(rare) { libm::exp(-4.5) * random.log_normal(1.8) } else { random.log_normal(1.5) }
    };
    let mut base: Vec<f64> = genes.iter().map(|_| plain(&mut random)).collect();
    let total: f64 = base.iter().zip(genes).filter(|(_, gene)| gene.role == Role::Plain).map(|(value, _)| value).sum();
    let rank_weight = |rank: usize| libm::pow((rank + 1) as f64, -0.7);
    let ranks: f64 =
        genes.iter().map(|gene| if let Role::Housekeeping(rank) = gene.role { rank_weight(rank) } else { 0.0 }).sum();
    for (value, gene) in base.iter_mut().zip(genes) {
        *value = total
            * match gene.role {
                Role::Plain => *value / total,
                Role::Mitochondrial => 0.0,
                Role::Housekeeping(rank) => HOUSEKEEPING_SHARE * rank_weight(rank) / ranks,
                Role::Marker(_) => MARKER_SHARE * random.log_normal(0.5),
                Role::SPhase | Role::G2mPhase => 2e-5 * random.log_normal(0.5),
                Role::Male | Role::Female => 3e-4 * random.log_normal(0.5),
            };
    }
    base
}

/// What a type shares with its descendants.
fn common_ratios(random: &mut Random, inherited: Option<&[f32]>, n_genes: usize) -> Vec<f32> {
    match inherited {
        Some(inherited) => inherited.iter().map(|ratio| 0.75 * ratio + 0.2 * random.normal() as f32).collect(),
        None => (0..n_genes)
            .map(|_| {
                let lineage = match random.unit() {
                    // Genes of the lineage, and genes it has shut off.
                    u if u < 0.01 => 1.0 + 1.5 * random.unit(),
                    u if u < 0.15 => -1.5,
                    _ => 0.0,
                };
                (lineage + 0.45 * random.normal()) as f32
            })
            .collect(),
    }
}

/// A type's abundances, and the genes of its own program.
fn own_abundances(
    random: &mut Random,
    cell_type: usize,
    relative: Option<usize>,
    genes: &[Gene],
    base: &[f64],
    common: &[f32],
) -> (Vec<f64>, Vec<u32>) {
    let mut program = Vec::new();
    let own_share = 1.0 / 150.0;
    let abundances = genes
        .iter()
        .zip(base)
        .zip(common)
        .enumerate()
        .map(|(g, ((gene, &base), &ratio))| match gene.role {
            Role::Plain => {
                let boost = if random.chance(own_share) {
                    program.push(g as u32);
                    libm::exp(1.5 + 2.0 * random.unit())
                } else {
                    1.0
                };
                base * libm::exp(f64::from(ratio)) * boost
            }
            Role::Marker(of) if of == cell_type => {
                program.push(g as u32);
                base
            }
            Role::Marker(of) if Some(of) == relative => 0.3 * base,
            Role::Marker(_) => MARKER_LEAK * base,
            // What every cell needs varies less.
            _ => base * libm::exp(0.3 * f64::from(ratio)),
        })
        .collect();
    (abundances, program)
}
