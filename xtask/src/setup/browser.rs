//! Chromium (or Chrome) and the driver of the same version.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt;
use crate::process::{capture, which};

/// A browser and what drives it.
pub struct Browser {
    /// The browser's program.
    pub chrome: PathBuf,
    /// The WebDriver server's program.
    pub driver: PathBuf,
}

const CHROMES: [&str; 8] = [
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/snap/bin/chromium",
];

const DRIVERS: [&str; 4] = [
    "chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
    "/usr/lib/chromium/chromedriver",
    "/snap/bin/chromium.chromedriver",
];

/// Finds the browser that `CHROME` and `CHROMEDRIVER` name, or one that is installed, or installs
/// Debian's.
pub fn ensure() -> Result<Browser> {
    if let Some(browser) = find() {
        return browser.checked();
    }
    if apt::is_here() && apt::offers(&["chromium", "chromium-driver"])? {
        apt::install(&["chromium", "chromium-driver"], "about a minute")?;
        if let Some(browser) = find() {
            return browser.checked();
        }
    }
    bail!(
        "the tests need Chrome or Chromium and the ChromeDriver of the same version: \
         install both (on macOS `brew install --cask google-chrome chromedriver`), or name their \
         programs in the variables CHROME and CHROMEDRIVER, then run this command again"
    )
}

fn find() -> Option<Browser> {
    Some(Browser {
        chrome: named("CHROME").or_else(|| first(&CHROMES))?,
        driver: named("CHROMEDRIVER").or_else(|| first(&DRIVERS))?,
    })
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn first(candidates: &[&str]) -> Option<PathBuf> {
    candidates.iter().find_map(|candidate| {
        if candidate.starts_with('/') {
            Some(PathBuf::from(candidate)).filter(|path| path.is_file())
        } else {
            which(candidate)
        }
    })
}

impl Browser {
    /// Fails when browser and driver differ in version, which ends in baffling errors later.
    fn checked(self) -> Result<Self> {
        let chrome = major_version(&self.chrome)?;
        let driver = major_version(&self.driver)?;
        if chrome != driver {
            bail!(
                "{} is of version {chrome} and {} of version {driver}: install both in one \
                 version, or name a fitting pair in the variables CHROME and CHROMEDRIVER",
                self.chrome.display(),
                self.driver.display()
            );
        }
        Ok(self)
    }
}

fn major_version(program: &Path) -> Result<u32> {
    let said = capture(Command::new(program).arg("--version"))?;
    parse_major_version(&said).with_context(|| format!("{} does not say its version", program.display()))
}

fn parse_major_version(said: &str) -> Option<u32> {
    said.split_whitespace()
        .find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()))?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_browsers_print_them() {
        let parse = parse_major_version;
        assert_eq!(parse("Chromium 156.0.8078.73 built on Debian GNU/Linux 12"), Some(156));
        assert_eq!(parse("Google Chrome 141.0.7390.54 "), Some(141));
        assert_eq!(parse("ChromeDriver 156.0.8078.73 (12abc-refs/heads/x@{#1})"), Some(156));
        assert_eq!(parse("nothing"), None);
    }
}
