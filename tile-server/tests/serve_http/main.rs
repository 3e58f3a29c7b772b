//! The real server on a free port, asked over real sockets.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod broken;
mod catalog;
mod cross_origin;
mod files;
mod floods;
mod hostile;
mod hosts;
mod limits;
mod log;
mod metrics;
mod moments;
mod moments_of_demo;
mod page;
mod protocol;
mod stop;
mod support;
mod tiles;
