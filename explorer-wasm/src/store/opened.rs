//! An open dataset with all that the page keeps of it.

use std::{rc::Rc, sync::Arc};

use explorer_core::session::{Session, Show};

use crate::{bridge::Scene, fetch::Dataset, worker::Pool};

/// An open dataset: its tiles, what was made of them, and the points of the picture.
pub(super) struct Opened {
    /// Its tiles.
    pub dataset: Dataset,
    /// Its workers.
    pub pool: Rc<Pool>,
    /// What is loaded, filtered and colored.
    pub session: Session,
    /// The points.
    pub scene: Scene,
}

impl Opened {
    pub fn new(dataset: Dataset, pool: Pool) -> Self {
        let session = Session::new(Arc::new(dataset.manifest().clone()));
        let scene = Scene::new(dataset.manifest().n_obs);
        Self { dataset, pool: Rc::new(pool), session, scene }
    }

    /// Turns the picture to an embedding; its index when its tiles are to be loaded.
    pub fn show(&mut self, key: Option<&str>) -> Option<usize> {
        match self.session.show(key) {
            Show::Nothing => None,
            Show::Place(embedding) => {
                let space = embedding.depth.as_ref().map(|depth| depth.space);
                self.scene.forget_positions(space);
                self.scene.place_all(&embedding);
                None
            }
            // The former positions stay until the first of these come.
            Show::Load(index) => Some(index),
        }
    }

    /// Gives the points whose cells have changed their colors and parts.
    pub fn repaint(&mut self) {
        let repaint = self.session.take_repaint();
        self.scene.paint(&self.session.paint(), &repaint);
    }
}
