//! The hand of the Explorer: the page, its store, its data and its workers.
//!
//! Only the store ([`store`]) writes state; only `bridge` knows both the data and the renderer.

pub mod app;
mod bridge;
mod embed;
#[expect(clippy::disallowed_methods, reason = "it knows no signals")]
pub mod fetch;
pub mod host;
mod json;
mod owner;
mod picture;
mod platform;
pub mod store;
pub mod ui;
mod view;
#[expect(clippy::disallowed_methods, reason = "it knows no signals")]
pub mod worker;
