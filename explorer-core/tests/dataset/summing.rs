//! Shares of a comparison add up to the moments of all cells, whichever way they are cut.

use explorer_core::{
    dataset::{Dataset, DatasetError, Task},
    de::{LayerTiles, Moments, Plan, Sets, Summing},
    filter::CellMask,
};

use crate::made::{Memory, N_GENES, N_OBS, dataset, fixed, label, moments, now};

fn sets() -> [CellMask; 2] {
    let group = CellMask::from_fn(N_OBS as usize, |cell| (900..70_000).contains(&cell) && cell != 40_000);
    let reference = CellMask::from_fn(N_OBS as usize, |cell| label(cell as u32) == 1);
    [group, reference]
}

fn plan(dataset: &Dataset<Memory>, [group, reference]: &[CellMask; 2]) -> Plan {
    let tiles = LayerTiles::of(dataset.manifest(), dataset.layer_entry(0).unwrap()).unwrap();
    tiles.plan(Sets::Two(group, reference))
}

fn summed(dataset: &Dataset<Memory>, task: &Task<'_>, n_workers: usize) -> [Moments; 2] {
    let mut sums = Summing::new(&fixed(), N_GENES as usize);
    let mut n_done = 0;
    for share in task.shares(N_GENES, n_workers) {
        let report = |n: usize| {
            n_done += n as u32;
            Ok(())
        };
        sums.merge(&now(dataset.sum(0, &share, report)).unwrap());
    }
    assert_eq!(n_done, task.n_parts(N_GENES));
    sums.finish(task.n_cells()).unwrap()
}

#[test]
fn shares_of_genes_add_up_to_the_moments_of_all_cells() {
    let (dataset, sets) = (dataset(|_| ()), sets());
    let expected = moments(&sets[0], &sets[1]);
    for n_workers in [1, 2, 7] {
        assert_eq!(summed(&dataset, &Task::genes(&sets[0], &sets[1]), n_workers), expected);
    }
}

#[test]
fn shares_of_a_plan_add_up_to_the_moments_of_all_cells() {
    let (dataset, sets) = (dataset(|_| ()), sets());
    let expected = moments(&sets[0], &sets[1]);
    let plan = plan(&dataset, &sets);
    assert!(!plan.moments.is_empty() && !plan.cells.is_empty());
    for n_workers in [1, 3] {
        assert_eq!(summed(&dataset, &Task::Plan(&plan), n_workers), expected);
    }
}

#[test]
fn the_total_is_that_of_all_cells() {
    let total = now(dataset(|_| ()).total_moments(0)).unwrap();
    let n_obs = N_OBS as usize;
    assert_eq!(total, moments(&CellMask::all(n_obs), &CellMask::none(n_obs))[0]);
}

#[test]
fn an_error_of_the_report_ends_the_work() {
    let (dataset, sets) = (dataset(|_| ()), sets());
    let plan = plan(&dataset, &sets);
    let stopped = || DatasetError::Unknown { kind: "patience", name: String::new() };
    for task in [Task::Plan(&plan), Task::genes(&sets[0], &sets[1])] {
        let mut n_reports = 0;
        let report = |_| {
            n_reports += 1;
            if n_reports == 2 { Err(stopped()) } else { Ok(()) }
        };
        let ended = now(dataset.sum(0, &task.shares(N_GENES, 1)[0], report));
        assert_eq!(ended.err(), Some(stopped()));
        assert_eq!(n_reports, 2);
    }
}

#[test]
fn a_broken_tile_of_a_plan_is_named() {
    let sets = sets();
    let dataset = dataset(|tiles| tiles.entry(("cells0".to_owned(), 625)).or_default().truncate(20));
    let plan = plan(&dataset, &sets);
    let broken = now(dataset.sum(0, &Task::Plan(&plan).shares(N_GENES, 1)[0], |_| Ok(())));
    assert!(broken.err().is_some_and(|error| error.to_string().starts_with("tile cells0/625 is broken: ")));
}
