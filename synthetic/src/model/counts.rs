//! Drawing a cell's molecules.
//!
//! A cell's molecules are drawn one by one from its type's table, and each is kept with the chance that its sample
//! gives its gene. That makes counts multinomial with a multiplicative batch effect, at the cost of one table look-up
//! a molecule, whatever the number of genes.

use std::ops::Range;

use crate::alias::AliasTable;
use crate::csr::Csr;
use crate::random::{Random, Stream};

use super::{Model, Phase};

/// Counts of one cell, dense, with a bit for each gene that has some.
struct Dense {
    counts: Vec<u16>,
    seen: Vec<u64>,
}

/// The share of molecules that a dividing cell makes for it.
const CYCLE_SHARE: f64 = 0.03;

impl Model {
    /// The counts of a range of cells, on this thread.
    pub(crate) fn counts(&self, cells: Range<usize>) -> Csr {
        let n_genes = self.spec.n_genes;
        let guess = cells.len() * super::mean_genes_per_cell(n_genes) as usize;
        let mut csr = Csr::with_capacity(n_genes, cells.len(), guess + guess / 8);
        let mut dense = Dense { counts: vec![0; n_genes], seen: vec![0; n_genes.div_ceil(64)] };
        for cell in cells {
            self.draw(cell, &mut dense);
            dense.drain_into(&mut csr);
        }
        csr
    }

    fn draw(&self, cell: usize, dense: &mut Dense) {
        let traits = self.traits(cell);
        let efficiency = &self.samples.list[usize::from(traits.sample)].efficiency;
        let profiles = &self.profiles;
        let mut random = Random::new(self.spec.seed, Stream::Counts, cell as u64);

        let mut left = traits.library;
        if let Some(table) = &profiles.mitochondrial {
            let n = left * traits.mitochondrial;
            dense.add(table, random.round(n), efficiency, &mut random);
            left -= n;
        }
        let cycle = match traits.phase {
            Phase::G1 => None,
            Phase::S => profiles.s_phase.as_ref(),
            Phase::G2m => profiles.g2m_phase.as_ref(),
        };
        if let Some(table) = cycle {
            let n = left * CYCLE_SHARE;
            dense.add(table, random.round(n), efficiency, &mut random);
            left -= n;
        }
        if let Some((other, share)) = traits.mixture {
            let n = left * f64::from(share);
            dense.add(&profiles.types[usize::from(other)].genes, random.round(n), efficiency, &mut random);
            left -= n;
        }
        let own = &profiles.types[usize::from(traits.cell_type)].genes;
        dense.add(own, random.round(left), efficiency, &mut random);
    }
}

impl Dense {
    fn add(&mut self, table: &AliasTable, molecules: u32, efficiency: &[u8], random: &mut Random) {
        for _ in 0..molecules {
            let bits = random.bits();
            let gene = table.pick(bits);
            // Without a branch: nobody could predict it.
            let is_kept = (bits as u8) < efficiency[gene];
            self.counts[gene] += u16::from(is_kept);
            self.seen[gene / 64] |= u64::from(is_kept) << (gene % 64);
        }
    }

    /// Appends what there is as a row, and leaves nothing.
    fn drain_into(&mut self, csr: &mut Csr) {
        let mut library_size = 0;
        for (word, seen) in self.seen.iter_mut().enumerate() {
            let mut bits = std::mem::take(seen);
            while bits != 0 {
                let gene = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let count = u32::from(std::mem::take(&mut self.counts[gene]));
                csr.indices.push(gene as u32);
                csr.data.push(count);
                library_size += count;
            }
        }
        csr.indptr.push(csr.data.len() as u64);
        csr.library_sizes.push(library_size);
    }
}
