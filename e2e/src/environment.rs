//! Where the programs under test are.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// The programs and files that a test needs, as `cargo xtask test` names them.
#[derive(Clone, Debug)]
pub struct Environment {
    /// The tile server's program (`TESSERA_SERVER`).
    pub server: PathBuf,
    /// The built page (`TESSERA_DIST`).
    pub dist: PathBuf,
    /// The repository's `data` folder (`TESSERA_DATA`).
    pub data: PathBuf,
    /// The browser (`CHROME`).
    pub chrome: PathBuf,
    /// Its WebDriver server (`CHROMEDRIVER`).
    pub driver: PathBuf,
    /// Firefox and its WebDriver server (`FIREFOX`, `GECKODRIVER`), where tests of other browsers run.
    pub firefox: Option<(PathBuf, PathBuf)>,
    /// A browser of WebKitGTK and its WebDriver server (`WEBKIT`, `WEBKITDRIVER`), where tests of other browsers run.
    pub webkit: Option<(PathBuf, PathBuf)>,
    /// Where screenshots go (`TESSERA_SHOTS`); a folder in the target directory unless named.
    pub shots: PathBuf,
}

impl Environment {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a variable is missing, with how these tests are meant to be run.
    pub fn read() -> Result<Self> {
        let path = |name: &str| {
            env::var_os(name)
                .map(PathBuf::from)
                .with_context(|| format!("{name} is not set: run these tests by `cargo xtask test --only e2e`"))
        };
        let shots = path("TESSERA_SHOTS").ok();
        let firefox = path("FIREFOX").ok().zip(path("GECKODRIVER").ok());
        let webkit = path("WEBKIT").ok().zip(path("WEBKITDRIVER").ok());
        Ok(Self {
            server: path("TESSERA_SERVER")?,
            dist: path("TESSERA_DIST")?,
            data: path("TESSERA_DATA")?,
            chrome: path("CHROME")?,
            driver: path("CHROMEDRIVER")?,
            firefox,
            webkit,
            shots: shots.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/e2e")),
        })
    }

    /// The demo dataset's AnnData file.
    pub fn demo_file(&self) -> PathBuf {
        self.data.join("pbmc68k_reduced.h5ad")
    }
}
