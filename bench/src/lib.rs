//! The kernels that differential expression stands on, in a form that runs natively and in the browser on the same
//! bytes, so that the two can be compared.

#[cfg(target_family = "wasm")]
mod browser;
pub mod kernels;
