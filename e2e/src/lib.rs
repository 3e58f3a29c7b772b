//! The user: a browser against the real server and the built page.
//!
//! `cargo xtask test` builds both, names them in the environment and runs the tests of this crate,
//! one file of `tests/all` for each thing that a person does. A test starts a [`Visit`]: the tile server on a free
//! port, a browser with a profile of its own, and the page. It acts through [`Page`], waits for
//! facts of the page (never for a time), and compares them with [`Truth`], the dataset as read
//! natively, and with [`Pixels`] of what is on the screen.
//!
//! Every `data-testid` and attribute that the tests rely on is listed in `README.md`.

mod audit;
mod browser;
mod csv;
mod display;
mod driver;
mod environment;
mod facts;
mod gesture;
mod host_site;
mod large;
mod page;
mod pixels;
mod process;
mod projection;
mod proxy;
mod ready;
mod server;
mod static_host;
mod truth;
mod visit;

pub use browser::{Browser, Graphics, Screen};
pub use csv::{data_lines, expect_same_lines};
pub use environment::Environment;
pub use gesture::Held;
pub use host_site::{HostFile, HostSite};
pub use large::{LARGE, N_LARGE_CELLS, N_SMALL_CELLS, SMALL, VIEWS, large_visit, small_visit, views_visit};
pub use page::{Page, Rect, Seen};
pub use pixels::{Pixels, Rgb, distance};
pub use projection::Projection;
pub use proxy::{Asked, Exchange, Fault, Network, Proxy};
pub use server::TileServer;
pub use static_host::{Ranges, StaticHost};
pub use truth::{Truth, count, inside};
pub use visit::{DATASET, N_CELLS, Visit};
