//! Columns, genes, positions and ids come out as they were put in; what is wrong is named.

use explorer_core::{
    data::{CellIdx, Column, GeneIdx},
    dataset::{Damage, DatasetError, Priority},
};
use shared_fbs::{manifest::CELLS_PER_EXPRESSION_TILE, tile::Corrections};

use crate::made::{LABELS, N_GENES, N_OBS, dataset, divisor, label, now, position, value};

#[test]
fn a_categorical_column_has_a_label_for_every_cell() {
    let Column::Categorical(column) = now(dataset(|_| ()).column("type", Priority::Now)).unwrap() else {
        panic!("the column holds labels")
    };
    assert_eq!(column.categories.as_ref(), LABELS);
    assert!((0..N_OBS).all(|cell| column.codes.get(CellIdx(cell)) as usize == label(cell)));
}

#[test]
fn a_continuous_column_has_a_number_for_every_cell() {
    let Column::Continuous(column) = now(dataset(|_| ()).column("size", Priority::Now)).unwrap() else {
        panic!("the column holds numbers")
    };
    assert!(column.values.iter().copied().eq((0..N_OBS).map(divisor)));
}

#[test]
fn text_is_no_column_to_compute_on() {
    let text = now(dataset(|_| ()).column("barcode", Priority::Now));
    assert!(matches!(text, Err(DatasetError::Unknown { name, .. }) if name == "barcode"));
    let absent = now(dataset(|_| ()).column("nothing", Priority::Now));
    assert_eq!(absent, Err(DatasetError::Unknown { kind: "column", name: "nothing".to_owned() }));
}

#[test]
fn a_gene_has_its_value_in_every_cell() {
    let dataset = dataset(|_| ());
    for gene in 0..N_GENES {
        let found = now(dataset.gene(0, GeneIdx(gene), Priority::Now)).unwrap().to_continuous();
        assert!(found.values.iter().copied().eq((0..N_OBS).map(|cell| value(gene, cell))), "gene {gene}");
    }
}

#[test]
fn chunks_of_a_gene_are_the_gene_there_and_missing_elsewhere() {
    // Before the normalization of all cells is kept, and after.
    let dataset = dataset(|_| ());
    for _ in 0..2 {
        let part = now(dataset.gene_in_chunks(0, GeneIdx(1), &[0, 2], Priority::Now)).unwrap();
        for (cell, &found) in (0..N_OBS).zip(&part.values) {
            if cell / CELLS_PER_EXPRESSION_TILE == 1 {
                assert!(found.is_nan());
            } else {
                assert_eq!(found, value(1, cell));
            }
        }
        now(dataset.normalization(0, Priority::Now)).unwrap();
    }
}

#[test]
fn the_normalization_is_read_once() {
    let dataset = dataset(|_| ());
    for gene in 0..N_GENES {
        now(dataset.gene(0, GeneIdx(gene), Priority::Now)).unwrap();
    }
    now(dataset.prefetch_gene(0, GeneIdx(0))).unwrap();
    let asked = dataset.tiles().asked.borrow();
    assert_eq!(asked.iter().filter(|(pack, tiles, _)| pack == "obs" && !tiles.is_empty()).count(), 2);
}

#[test]
fn an_embedding_has_a_position_for_every_cell() {
    let dataset = dataset(|_| ());
    let (index, _) = dataset.embedding(Some("X_umap")).unwrap();
    let found = now(dataset.positions(index)).unwrap();
    let found = found.xs.iter().copied().zip(found.ys.iter().copied());
    assert!(found.eq((0..N_OBS).map(position)));
}

#[test]
fn one_cell_has_the_id_that_it_has_among_all() {
    let dataset = dataset(|_| ());
    let all = now(dataset.cell_ids()).unwrap();
    assert_eq!(all.len(), N_OBS as usize);
    for cell in [0, 20_000, N_OBS - 1] {
        assert_eq!(now(dataset.cell_id(CellIdx(cell))).unwrap(), all[cell as usize]);
    }
}

#[test]
fn cells_are_found_by_their_ids_and_ids_that_no_cell_has_are_listed() {
    let dataset = dataset(|_| ());
    let all = now(dataset.cell_ids()).unwrap();
    let id = |cell: u32| all[cell as usize].clone().unwrap();
    let asked = [id(N_OBS - 1), "nowhere".to_owned(), id(20_000), id(0), "AAAC-9".to_owned()];
    let found = now(dataset.find_cells(&asked)).unwrap();
    assert_eq!(found.cells, [0, 20_000, N_OBS - 1].map(CellIdx));
    assert_eq!(found.unknown, ["nowhere", "AAAC-9"]);
    // As people paste them: in lines, in quotation marks, with commas between.
    let [first, last] = [0, N_OBS - 1].map(|cell| now(dataset.cell_id(CellIdx(cell))).unwrap().unwrap());
    for text in [
        format!("{first}\n{last}\nnowhere else"),
        format!("\"{first}\"\n\"{last}\"\nnowhere, else"),
        format!("{first}, \"{last}\"\nnowhere\nelse\n"),
    ] {
        let found = now(dataset.find_pasted_cells(&text)).unwrap();
        assert_eq!((found.cells, found.unknown.len()), (vec![CellIdx(0), CellIdx(N_OBS - 1)], 2), "{text}");
    }
}

#[test]
fn a_broken_tile_is_named_and_the_rest_goes_on() {
    let dataset = dataset(|tiles| tiles.entry(("genes0".to_owned(), 4)).or_default().truncate(9));
    let broken = now(dataset.gene(0, GeneIdx(1), Priority::Now)).unwrap_err();
    let is_decode = matches!(&broken, DatasetError::Tile { damage: Damage::Decode(_), .. });
    assert!(is_decode && broken.to_string().starts_with("tile genes0/4 is broken: "), "{broken}");
    assert!(now(dataset.gene(0, GeneIdx(2), Priority::Now)).is_ok());
}

#[test]
fn a_tile_of_another_column_is_noticed() {
    let dataset = dataset(|tiles| {
        let first = tiles[&("points".to_owned(), 1)].clone();
        tiles.insert(("points".to_owned(), 0), first);
    });
    let misplaced = now(dataset.positions(0)).unwrap_err();
    assert!(matches!(&misplaced, DatasetError::Tile { damage: Damage::Assemble(_), .. }), "{misplaced}");
}

#[test]
fn corrections_of_other_cells_are_noticed() {
    let dataset = dataset(|tiles| {
        let corrections = tiles.iter_mut().filter(|((pack, _), _)| pack == "obs").max_by_key(|((_, tile), _)| *tile);
        let of_one_cell = Corrections { indptr: vec![0, 1], counts: vec![1], differences: vec![1] };
        *corrections.expect("the pack has tiles").1 = of_one_cell.encode();
    });
    let misplaced = now(dataset.gene(0, GeneIdx(0), Priority::Now)).unwrap_err();
    assert!(matches!(&misplaced, DatasetError::Tile { damage: Damage::Assemble(_), .. }), "{misplaced}");
}
