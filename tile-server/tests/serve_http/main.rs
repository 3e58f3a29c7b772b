//! The real server on a free port, asked over real sockets.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod broken;
mod catalog;
mod corpora;
mod cross_origin;
mod files;
mod floods;
#[path = "../../../remote-files/tests/remote/host.rs"]
#[allow(dead_code, reason = "the tests of remote-files use more of it")]
mod host;
mod hostile;
mod hosts;
mod limits;
mod log;
mod metrics;
mod moments;
mod moments_of_demo;
mod page;
mod protocol;
mod remote;
mod remote_command;
mod stop;
mod support;
mod tiles;
