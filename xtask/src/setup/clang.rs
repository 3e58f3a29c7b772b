//! A compiler of C for the browser.

use std::process::Command;

use super::apt;
use crate::process::{announce, capture, which};

/// The program, and the package that has it.
const CLANG: &str = "clang";

/// Whether there is one; installed where that can be done, and told what comes of it where it cannot.
pub fn ensure() -> bool {
    if works() {
        return true;
    }
    let packages = [CLANG];
    if which(CLANG).is_none() && apt::is_here() && apt::offers(&packages).unwrap_or(false) {
        match apt::install(&packages, "about 30 MB") {
            Ok(()) if works() => return true,
            Ok(()) => {}
            Err(error) => announce(&format!("{error:#}")),
        }
    }
    announce(
        "There is no clang that compiles for the browser: files that are opened in the page will become datasets of \
         other bytes than those of the command line, though of the same content",
    );
    false
}

/// Not every clang has the target: Apple's does not.
fn works() -> bool {
    let mut compile = Command::new(CLANG);
    compile.args(["--target=wasm32-unknown-unknown", "-fsyntax-only", "-x", "c", "/dev/null"]);
    which(CLANG).is_some() && capture(&mut compile).is_ok()
}
