//! What people do with the page, one file for each thing: one program, so that tests run beside each other.

mod catalog;
mod color;
mod columns;
mod de;
mod embed;
mod failures;
mod fallback;
mod filter;
mod gene_sets;
mod keys;
mod lasso;
mod link;
mod markers;
mod network;
mod open;
mod picture;
mod poster;
mod recover;
mod samples;
mod small_screen;
mod static_host;
mod static_site;
mod subset;
mod touch;
mod undo;
