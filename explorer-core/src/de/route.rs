//! Which route to the moments of two sets is the quickest. All routes give the same bits.

use shared_fbs::manifest::{Layer, Manifest};

use super::Plan;
use crate::sorting::{sort_by, sort_by_key};

/// A way to the moments of two sets of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// Stored sums of labels, or of pairs of labels.
    Labels,
    /// Stored sums of blocks of cells, and single cells where the sets cut through a block.
    Blocks,
    /// Every gene over all cells.
    Genes,
    /// The tile server sums up.
    Server,
}

/// A route with what it is expected to cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offer {
    /// The route.
    pub route: Route,
    /// Bytes that come over the network.
    pub n_bytes: u64,
    /// How long it will take.
    pub millis: f64,
}

/// The route taken, and those that it was chosen from, itself included, quickest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// All offers; the first was taken.
    pub offers: Vec<Offer>,
}

impl Choice {
    /// The quickest of some offers; of equals, the first. `None` when there is no offer.
    pub fn of(mut offers: Vec<Offer>) -> Option<Self> {
        sort_by(&mut offers, |a, b| a.millis.total_cmp(&b.millis));
        (!offers.is_empty()).then_some(Self { offers })
    }

    /// This choice, when the route taken failed and another one was taken.
    #[must_use]
    pub fn instead(mut self, route: Route) -> Self {
        sort_by_key(&mut self.offers, |offer| offer.route != route);
        self
    }

    /// The offer taken.
    pub fn taken(&self) -> Offer {
        self.offers[0]
    }
}

/// How fast tiles come and are summed up, learned from those that came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    bytes_per_milli: f64,
}

impl Default for Speed {
    /// 20 MB/s, until something was measured.
    fn default() -> Self {
        Self { bytes_per_milli: 20_000.0 }
    }
}

/// Less than this says more of the way there and back than of the speed.
const LEAST_BYTES: u64 = 1 << 18;

/// A request there and back.
const REQUEST_MILLIS: f64 = 15.0;

/// What a tile of a gene takes besides its bytes, whatever it holds: those of 40 000 to 480 000 tiles of 1.5 to 3.4 kB
/// took 37 to 47 µs each on one thread.
const GENE_TILE_MILLIS: f64 = 0.035;

/// What a server reads and sums up in a millisecond: tiles at 60 MB/s a core, two cores.
const SERVER_BYTES_PER_MILLI: f64 = 120_000.0;

impl Speed {
    /// One thread with the tiles in memory: 310 to 340 bytes a µs of tiles of cells were inflated and summed up.
    pub const IN_MEMORY: Self = Self { bytes_per_milli: 310_000.0 };

    /// Takes in that so many bytes took so long to come and be summed up.
    pub fn observe(&mut self, n_bytes: u64, millis: f64) {
        if n_bytes >= LEAST_BYTES && millis > 0.0 {
            // Half of what is new: networks change.
            self.bytes_per_milli = 0.5 * self.bytes_per_milli + 0.5 * (n_bytes as f64 / millis);
        }
    }

    /// How long so many bytes will take here.
    pub fn millis(&self, n_bytes: u64) -> f64 {
        REQUEST_MILLIS + n_bytes as f64 / self.bytes_per_milli
    }

    /// What this page would do by itself.
    pub fn offer(&self, route: Route, n_bytes: u64) -> Offer {
        Offer { route, n_bytes, millis: self.millis(n_bytes) }
    }

    /// What can be done here: a plan be followed, where there is one, or the tiles of all genes be read.
    pub fn offers(&self, manifest: &Manifest, layer: &Layer, plan: Option<&Plan>) -> Vec<Offer> {
        let (n_bytes, n_tiles) = manifest.pack_named(&layer.pack).map_or((0, 0), |pack| (pack.n_bytes, pack.n_tiles));
        let genes = Offer {
            millis: self.millis(n_bytes) + f64::from(n_tiles) * GENE_TILE_MILLIS,
            ..self.offer(Route::Genes, n_bytes)
        };
        plan.map(|plan| self.offer(Route::Blocks, plan.n_bytes)).into_iter().chain([genes]).collect()
    }

    /// What the server would do for it: `n_bytes` over the network, and `plan_bytes` to read there.
    pub fn server_offer(&self, n_bytes: u64, plan_bytes: u64) -> Offer {
        let there = plan_bytes as f64 / SERVER_BYTES_PER_MILLI;
        Offer { route: Route::Server, n_bytes, millis: 2.0 * REQUEST_MILLIS + self.millis(n_bytes) + there }
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::manifest::Pack;

    use super::*;

    #[test]
    fn a_slow_network_leaves_much_to_the_server() {
        let offers = |speed: Speed| vec![speed.offer(Route::Blocks, 200 << 20), speed.server_offer(1 << 20, 200 << 20)];
        let mut speed = Speed::default();
        for _ in 0..20 {
            speed.observe(100 << 20, 50_000.0);
        }
        assert_eq!(Choice::of(offers(speed)).map(|choice| choice.taken().route), Some(Route::Server));
        for _ in 0..20 {
            speed.observe(100 << 20, 200.0);
        }
        assert_eq!(Choice::of(offers(speed)).map(|choice| choice.taken().route), Some(Route::Blocks));
        assert_eq!(Choice::of(Vec::new()), None);
    }

    #[test]
    fn the_route_taken_instead_comes_first_and_the_others_stay_in_order() {
        let speed = Speed::default();
        let offers = [(Route::Blocks, 2 << 20), (Route::Server, 1 << 20), (Route::Genes, 3 << 20)];
        let choice = Choice::of(offers.map(|(route, n_bytes)| speed.offer(route, n_bytes)).to_vec()).unwrap();
        let routes: Vec<Route> = choice.instead(Route::Genes).offers.iter().map(|offer| offer.route).collect();
        assert_eq!(routes, [Route::Genes, Route::Server, Route::Blocks]);
    }

    #[test]
    fn genes_are_charged_for_their_tiles() {
        let pack = Pack { name: "genes0".to_owned(), n_bytes: 700 << 20, n_tiles: 480_000, ..Pack::default() };
        let layer = Layer { pack: pack.name.clone(), ..Layer::default() };
        let manifest = Manifest { packs: vec![pack], ..Manifest::default() };
        let route = |n_bytes: u64| {
            let plan = Plan { n_bytes, ..Plan::default() };
            Choice::of(Speed::IN_MEMORY.offers(&manifest, &layer, Some(&plan))).map(|choice| choice.taken().route)
        };
        assert_eq!(route(751 << 20), Some(Route::Blocks));
        assert_eq!(route(20 << 30), Some(Route::Genes));
        let alone = Speed::default().offers(&manifest, &layer, None);
        assert_eq!((alone.len(), alone[0].route, alone[0].n_bytes), (1, Route::Genes, 700 << 20));
    }

    #[test]
    fn a_few_bytes_say_nothing_of_the_speed() {
        let mut speed = Speed::default();
        speed.observe(1000, 500.0);
        assert_eq!(speed, Speed::default());
    }
}
