//! Files of object stores and of plain web hosts, for threads that wait for what they read.
//!
//! [`Stores`] holds what all places share: the threads that speak HTTP, the [cache](CacheOptions) on disk, the limits.
//! [`Stores::open`] gives a [`Remote`], the files below one [`Place`].
//!
//! **Invariants.** A file that is read by range never changes, and the caller knows its length · what comes from a host
//! has the length asked for, and is otherwise not trusted: whoever reads compares checksums and calls
//! [`Remote::forget`] · what comes from the cache is what was written there · every read ends within
//! [`Limits::total_time`], and a place has a bounded number of requests under way.

mod blocks;
mod cache;
mod error;
mod http_service;
mod place;
mod remote;
mod stores;
mod whole_file;

pub use self::{
    cache::CacheOptions,
    error::RemoteError,
    place::{Place, PlaceError, Scheme},
    remote::{Document, Head, Listing, Remote, State},
    stores::{Access, Limits, Options, Stores},
};
