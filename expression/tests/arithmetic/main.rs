//! Comparisons and markers, against scipy, brute force and chance; and how the two modes differ.

mod bootstrap;
mod common;
mod compare;
mod markers;
mod modes;
