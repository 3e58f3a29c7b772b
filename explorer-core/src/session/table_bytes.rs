//! The table of a comparison as bytes, on its way to a worker.

use crate::de::{DeOptions, DeTable, Degenerate, Test};

/// Numbers of a gene.
const N_COLUMNS: usize = 12;

/// Bytes of a gene: its numbers, and how its test ended.
const ROW_BYTES: usize = 8 * N_COLUMNS + 1;

/// All columns of a table, gene after gene.
pub fn table_to_bytes(table: &DeTable) -> Vec<u8> {
    let columns = [
        &table.effect,
        &table.effect_error,
        &table.score,
        &table.df,
        &table.pval,
        &table.log10_pval,
        &table.pval_adj,
        &table.log10_pval_adj,
        &table.mean_group,
        &table.mean_reference,
        &table.pct_group,
        &table.pct_reference,
    ];
    let mut bytes = Vec::with_capacity(ROW_BYTES * table.len());
    for gene in 0..table.len() {
        columns.iter().for_each(|column| bytes.extend(column[gene].to_le_bytes()));
        bytes.push(match table.degenerate[gene] {
            None => 0,
            Some(Degenerate::TooFewCells) => 1,
            Some(Degenerate::NoVariance) => 2,
        });
    }
    bytes
}

/// The table out of these bytes, of sets of so many cells; `None` where they are others.
pub fn table_from_bytes(
    bytes: &[u8],
    (options, test): (DeOptions, Test),
    [n_group, n_reference]: [u64; 2],
) -> Option<DeTable> {
    let (rows, rest) = bytes.as_chunks::<ROW_BYTES>();
    if !rest.is_empty() {
        return None;
    }
    let mut table = DeTable { options, test, n_group, n_reference, ..DeTable::default() };
    for row in rows {
        let columns = [
            &mut table.effect,
            &mut table.effect_error,
            &mut table.score,
            &mut table.df,
            &mut table.pval,
            &mut table.log10_pval,
            &mut table.pval_adj,
            &mut table.log10_pval_adj,
            &mut table.mean_group,
            &mut table.mean_reference,
            &mut table.pct_group,
            &mut table.pct_reference,
        ];
        let (numbers, degenerate) = row.split_at(ROW_BYTES - 1);
        let numbers = numbers.as_chunks::<8>().0.iter().map(|number| f64::from_le_bytes(*number));
        columns.into_iter().zip(numbers).for_each(|(column, number)| column.push(number));
        table.degenerate.push(match degenerate {
            [0] => None,
            [1] => Some(Degenerate::TooFewCells),
            [2] => Some(Degenerate::NoVariance),
            _ => return None,
        });
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_the_way() {
        let column = |start: f64| vec![start, -0.25, f64::INFINITY];
        let table = DeTable {
            n_group: 3,
            n_reference: 4,
            effect: column(1.0),
            effect_error: column(2.0),
            score: column(3.0),
            df: column(4.0),
            pval: column(5.0),
            log10_pval: column(6.0),
            pval_adj: column(7.0),
            log10_pval_adj: column(8.0),
            mean_group: column(9.0),
            mean_reference: column(10.0),
            pct_group: column(11.0),
            pct_reference: column(12.0),
            degenerate: vec![Some(Degenerate::NoVariance), None, Some(Degenerate::TooFewCells)],
            ..DeTable::default()
        };
        let bytes = table_to_bytes(&table);
        let read = |bytes: &[u8]| table_from_bytes(bytes, (table.options, table.test), [3, 4]);
        assert_eq!(read(&bytes), Some(table.clone()));
        assert_eq!(read(&bytes[1..]), None);
        let foreign = [&bytes[..bytes.len() - 1], &[9]].concat();
        assert_eq!(read(&foreign), None);
    }
}
