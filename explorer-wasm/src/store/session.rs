//! An open dataset and all that was made of it.

use std::rc::Rc;

use super::{engine::Engine, loaded::Loaded, painter::Painter};
use crate::{bridge::Scene, fetch::Dataset, worker::Pool};

/// An open dataset with what was loaded of it, filtered and coloured.
pub struct Session {
    /// Its tiles.
    pub dataset: Dataset,
    /// What was loaded.
    pub loaded: Loaded,
    pub(super) pool: Rc<Pool>,
    pub(super) engine: Engine,
    pub(super) painter: Painter,
    pub(super) scene: Scene,
    /// Whether the scene's styles are out of date.
    pub(super) needs_paint: bool,
    /// The embedding whose positions the scene has, or gets.
    pub(super) shown: Option<usize>,
}

impl Session {
    pub(super) fn new(dataset: Dataset, pool: Pool) -> Self {
        let n_obs = dataset.n_obs();
        Self {
            loaded: Loaded { n_obs, ..Loaded::default() },
            pool: Rc::new(pool),
            engine: Engine::new(n_obs),
            painter: Painter::new(),
            scene: Scene::new(n_obs as u32),
            needs_paint: true,
            shown: None,
            dataset,
        }
    }
}
