//! Firefox, its driver, and a screen that nobody sees: without one, Firefox has no WebGL.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::apt;
use super::cargo_tool::CargoTool;
use crate::process::{Show, named, which};

/// A browser and what drives it.
pub struct Firefox {
    /// The browser's program.
    pub program: PathBuf,
    /// The WebDriver server's program.
    pub driver: PathBuf,
}

const PROGRAMS: [&str; 2] = ["firefox-esr", "firefox"];
const SCREEN: &str = "Xvfb";
const DRIVER: CargoTool<'_> = CargoTool {
    package: "geckodriver",
    version: "0.37.1",
    programs: &["geckodriver"],
    locked: true,
    features: &[],
    tells_version: true,
    takes: "about 3 minutes on 2 cores",
};
/// Debian's packages of browser and screen.
const PACKAGES: [&str; 2] = ["firefox-esr", "xvfb"];

/// Finds what `FIREFOX` and `GECKODRIVER` name, or what is installed, or installs it.
pub fn ensure() -> Result<Firefox> {
    if (browser().is_none() || which(SCREEN).is_none()) && apt::is_here() && apt::offers(&PACKAGES)? {
        apt::install(&PACKAGES, "about a minute")?;
    }
    let (Some(program), Some(_)) = (browser(), which(SCREEN)) else {
        bail!("the test needs Firefox and Xvfb: install both, or name the browser in the variable FIREFOX");
    };
    let driver = match named("GECKODRIVER") {
        Some(driver) => driver,
        None => DRIVER.ensure(Show::Progress)?.join("geckodriver"),
    };
    Ok(Firefox { program, driver })
}

fn browser() -> Option<PathBuf> {
    named("FIREFOX").or_else(|| PROGRAMS.iter().find_map(|program| which(program)))
}
