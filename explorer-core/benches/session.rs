//! `cargo bench -p explorer-core --bench session`: from a brush to the styles of points in draw order.

mod common;

use std::sync::Arc;

use common::{SIZES, continuous};
use divan::Bencher;
use explorer_core::{
    data::CellIdx,
    session::{CellStyle, Repaint, Session, Slot},
    state::{Analysis, DataKey, ObsFilter, Range},
};
use shared_fbs::{
    manifest::{Column, ColumnKind, Manifest},
    order::{DrawOrder, Levels},
};

fn main() {
    divan::main();
}

/// A dataset with one column, a brush over it, and the styles that the picture holds.
struct Picture {
    session: Session,
    analysis: Analysis,
    order: DrawOrder,
    /// The cell at each place in draw order.
    cells: Vec<u32>,
    styles: Vec<CellStyle>,
}

impl Picture {
    fn new(n_obs: usize) -> Self {
        let column = Column { name: "score".to_owned(), kind: ColumnKind::Continuous, ..<_>::default() };
        let mut session = Session::new(Arc::new(Manifest {
            n_obs: n_obs as u32,
            level_ranks: Levels::for_n_obs(n_obs as u32).boundaries(),
            columns: vec![column],
            ..<_>::default()
        }));
        session.arrive(DataKey::Column("score".to_owned()), Slot::Ready(continuous(n_obs, 1).into()));
        let style = CellStyle { color: 0, priority: 0, is_selected: true, is_hidden: false };
        let order = DrawOrder::new(n_obs as u32);
        Self { session, analysis: Analysis::default(), cells: order.cells(), order, styles: vec![style; n_obs] }
    }

    /// Brushes 30 % of the axis from `min` on.
    fn brush(&mut self, min: f32) -> Repaint {
        let range = Range::new(min, min + 30.0).expect("the bounds are in order");
        self.analysis.query.filters.obs.insert("score".to_owned(), ObsFilter::Range(range));
        self.session.follow(&self.analysis, 1.0);
        self.session.take_repaint()
    }

    fn paint(&mut self, repaint: Repaint) {
        let paint = self.session.paint();
        match repaint {
            Repaint::Nothing => {}
            Repaint::Runs(runs) => {
                for cell in runs.into_iter().flatten() {
                    self.styles[self.order.index_of(cell) as usize] = paint.style(CellIdx(cell));
                }
            }
            Repaint::All => {
                for (style, &cell) in self.styles.iter_mut().zip(&self.cells) {
                    *style = paint.style(CellIdx(cell));
                }
            }
        }
    }
}

/// A drag by half a per cent of the axis, and all cells painted.
#[divan::bench(args = SIZES, sample_count = 20)]
fn drag_and_paint_all(bencher: Bencher, n_obs: usize) {
    let mut picture = Picture::new(n_obs);
    let mut min = 10.0;
    bencher.bench_local(|| {
        min = 20.5 - min;
        picture.brush(min);
        picture.paint(Repaint::All);
    });
}

/// The same, and the cells painted that it flipped.
#[divan::bench(args = SIZES, sample_count = 20)]
fn drag_and_paint_what_flipped(bencher: Bencher, n_obs: usize) {
    let mut picture = Picture::new(n_obs);
    let all = picture.brush(10.0);
    picture.paint(all);
    let mut min = 10.0;
    bencher.bench_local(|| {
        min = 20.5 - min;
        let repaint = picture.brush(min);
        picture.paint(repaint);
    });
}
