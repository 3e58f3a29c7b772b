//! A browser of WebKitGTK and its driver: the engine of Safari, as far as Linux has it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::apt;
use crate::process::{named, which};

/// A browser and what drives it.
pub struct WebKit {
    /// The browser's program.
    pub program: PathBuf,
    /// The WebDriver server's program.
    pub driver: PathBuf,
}

const DRIVER: &str = "WebKitWebDriver";
/// The browser that comes with the library, below a folder of the processor's.
const BROWSER: &str = "webkit2gtk-4.1/MiniBrowser";
/// Debian's package of the driver, which brings the library.
const PACKAGE: &str = "webkit2gtk-driver";

/// Finds what `WEBKIT` and `WEBKITDRIVER` name, or what is installed, or installs it.
pub fn ensure() -> Result<WebKit> {
    if (browser().is_none() || driver().is_none()) && apt::is_here() && apt::offers(&[PACKAGE])? {
        apt::install(&[PACKAGE], "a download of about 40 MB")?;
    }
    let missing = "the test needs a browser of WebKitGTK and WebKitWebDriver: install both, or name them in the \
                   variables WEBKIT and WEBKITDRIVER";
    Ok(WebKit { program: browser().context(missing)?, driver: driver().context(missing)? })
}

fn driver() -> Option<PathBuf> {
    named("WEBKITDRIVER").or_else(|| which(DRIVER))
}

fn browser() -> Option<PathBuf> {
    let installed = || {
        let folders = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
        folders.map(|folder| folder.path().join(BROWSER)).find(|program| program.is_file())
    };
    named("WEBKIT").or_else(installed)
}
