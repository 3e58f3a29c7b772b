//! The real tile server, with the built page, on a free port.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Result, bail};
use shared_fbs::path::MANIFEST;
use tempfile::TempDir;

use crate::{Environment, process::Process};

/// The line that says where the server listens begins so.
const LISTENING: &str = "listening on ";

/// Building the demo's tiles takes a second, those of the large dataset a minute; a crowded machine gets its time.
const START_LIMIT: Duration = Duration::from_secs(900);

/// A running server. It ends when dropped.
#[derive(Debug)]
pub struct TileServer {
    environment: Environment,
    input: PathBuf,
    cache: PathBuf,
    /// Further arguments of the program.
    arguments: Vec<String>,
    /// The cache, where it is this server's alone.
    _own_cache: Option<TempDir>,
    address: String,
    process: Option<Process>,
}

impl TileServer {
    /// Serves an AnnData file, or a dataset's directory, on a free port.
    ///
    /// # Errors
    /// When the server does not start.
    pub fn start(environment: &Environment, input: &Path) -> Result<Self> {
        Self::with_arguments(environment, input, Vec::new())
    }

    /// The same with further arguments of the program.
    ///
    /// # Errors
    /// When the server does not start.
    pub fn with_arguments(environment: &Environment, input: &Path, arguments: Vec<String>) -> Result<Self> {
        let cache = tempfile::tempdir()?;
        let server = Self::start_in(environment, input, cache.path(), arguments)?;
        Ok(Self { _own_cache: Some(cache), ..server })
    }

    /// The same with a cache of built datasets that stays, so that the next server finds them.
    ///
    /// # Errors
    /// When the server does not start.
    pub fn keeping(environment: &Environment, input: &Path, cache: &Path) -> Result<Self> {
        Self::start_in(environment, input, cache, Vec::new())
    }

    fn start_in(environment: &Environment, input: &Path, cache: &Path, arguments: Vec<String>) -> Result<Self> {
        let (process, address) = serve(environment, input, cache, &arguments, 0)?;
        Ok(Self {
            environment: environment.clone(),
            input: input.to_owned(),
            cache: cache.to_owned(),
            arguments,
            _own_cache: None,
            address,
            process: Some(process),
        })
    }

    /// Its address: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The directory of the dataset: the one served, or the one built from an AnnData file.
    ///
    /// # Errors
    /// When there is none.
    pub fn dataset_directory(&self) -> Result<PathBuf> {
        if self.input.is_dir() {
            return Ok(self.input.clone());
        }
        let name = self.input.file_stem().unwrap_or_default().to_string_lossy();
        let mut newest = None;
        for entry in fs::read_dir(&self.cache)? {
            let path = entry?.path();
            let is_of_input = path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&*name));
            if let (true, Ok(manifest)) = (is_of_input, fs::metadata(path.join(MANIFEST))) {
                newest = newest.max(Some((manifest.modified()?, path)));
            }
        }
        match newest {
            Some((_, path)) => Ok(path),
            None => bail!("no dataset was built from {}", self.input.display()),
        }
    }

    /// Ends the server as a crash would: without a word to its clients.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts the server anew on the port that it had.
    ///
    /// # Errors
    /// When the server does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        let port = self.address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default();
        let (process, address) = serve(&self.environment, &self.input, &self.cache, &self.arguments, port)?;
        self.process = Some(process);
        self.address = address;
        Ok(())
    }

    /// Holds the server: connections stay open, and nothing is answered.
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub fn hold(&self) -> Result<()> {
        self.process.as_ref().map_or(Ok(()), |process| process.signal("STOP"))
    }

    /// Lets a held server go on.
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub fn release(&self) -> Result<()> {
        self.process.as_ref().map_or(Ok(()), |process| process.signal("CONT"))
    }
}

fn serve(
    environment: &Environment,
    input: &Path,
    cache: &Path,
    arguments: &[String],
    port: u16,
) -> Result<(Process, String)> {
    let mut command = Command::new(&environment.server);
    command.arg("serve").arg(input).arg("--cache").arg(cache).arg("--front-end").arg(&environment.dist).args([
        "--port",
        &port.to_string(),
        "--no-open",
        "--quiet",
    ]);
    command.args(arguments);
    Process::start(&mut command, START_LIMIT, |line| Some(line.strip_prefix(LISTENING)?.trim().to_owned()))
}
