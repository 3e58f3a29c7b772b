//! What every test begins with: a server, a browser, the page.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};

use crate::{Browser, Environment, Graphics, Page, TileServer, Truth};

/// The demo dataset's id on the server.
pub const DATASET: &str = "pbmc68k_reduced";

/// Cells of the demo dataset.
pub const N_CELLS: usize = 700;

/// A server with the demo dataset and a browser beside it.
pub struct Visit {
    /// The server.
    pub server: TileServer,
    /// The browser.
    pub browser: Browser,
    /// Where the programs are.
    pub environment: Environment,
}

impl Visit {
    /// Starts both; `name` is that of the test.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn start(graphics: Graphics, name: &'static str) -> Result<Self> {
        let environment = Environment::read()?;
        let input = environment.demo_file();
        Self::of(environment, &input, graphics, name).await
    }

    /// The same with another file or directory to serve.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn of(environment: Environment, input: &Path, graphics: Graphics, name: &'static str) -> Result<Self> {
        let server = TileServer::start(&environment, input)?;
        let browser = Browser::start(&environment, graphics, name).await?;
        Ok(Self { server, browser, environment })
    }

    /// The same with the demo dataset and further arguments of the server.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn with_arguments(arguments: Vec<String>, graphics: Graphics, name: &'static str) -> Result<Self> {
        let environment = Environment::read()?;
        let server = TileServer::with_arguments(&environment, &environment.demo_file(), arguments)?;
        let browser = Browser::start(&environment, graphics, name).await?;
        Ok(Self { server, browser, environment })
    }

    /// The same in a browser that lets no page keep anything.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn without_storage(arguments: Vec<String>, name: &'static str) -> Result<Self> {
        let environment = Environment::read()?;
        let server = TileServer::with_arguments(&environment, &environment.demo_file(), arguments)?;
        let browser = Browser::start_without_storage(&environment, name).await?;
        Ok(Self { server, browser, environment })
    }

    /// The same in Firefox.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn in_firefox(arguments: Vec<String>, name: &'static str) -> Result<Self> {
        let environment = Environment::read()?;
        let server = TileServer::with_arguments(&environment, &environment.demo_file(), arguments)?;
        let browser = Browser::start_firefox(&environment, name).await?;
        Ok(Self { server, browser, environment })
    }

    /// The same in a browser of WebKitGTK.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn in_webkit(arguments: Vec<String>, name: &'static str) -> Result<Self> {
        let environment = Environment::read()?;
        let server = TileServer::with_arguments(&environment, &environment.demo_file(), arguments)?;
        let browser = Browser::start_webkit(&environment, name).await?;
        Ok(Self { server, browser, environment })
    }

    /// The same with a cache of built datasets that stays.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn keeping(
        environment: Environment,
        input: &Path,
        cache: &Path,
        graphics: Graphics,
        name: &'static str,
    ) -> Result<Self> {
        let server = TileServer::keeping(&environment, input, cache)?;
        let browser = Browser::start(&environment, graphics, name).await?;
        Ok(Self { server, browser, environment })
    }

    /// The page.
    pub fn page(&self) -> Page<'_> {
        Page::new(&self.browser)
    }

    /// The address of the demo dataset, with a link's text after `#` where there is one.
    pub fn url(&self, link: &str) -> String {
        let hash = if link.is_empty() { "" } else { "#" };
        format!("{}/d/{DATASET}{hash}{link}", self.server.address())
    }

    /// Opens the demo dataset and waits for the whole picture.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn open(&self, link: &str) -> Result<Page<'_>> {
        let page = self.page();
        page.goto(&self.url(link)).await?;
        page.until_drawn(N_CELLS).await?;
        Ok(page)
    }

    /// What a command of `tile-server` writes of the dataset: its name, then its other arguments.
    ///
    /// # Errors
    /// When it fails.
    pub fn terminal(&self, command: &str, arguments: &[&str]) -> Result<String> {
        self.terminal_of(&self.server.dataset_directory()?, command, arguments)
    }

    /// The same of another dataset.
    ///
    /// # Errors
    /// When it fails.
    pub fn terminal_of(&self, dataset: &Path, command: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.environment.server)
            .arg(command)
            .arg(dataset)
            .args(arguments)
            .output()
            .with_context(|| format!("`tile-server {command}` does not start"))?;
        ensure!(output.status.success(), "`tile-server {command}` fails: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The dataset as read natively.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn truth(&self) -> Result<Truth> {
        Truth::open(&self.server.dataset_directory()?)
    }

    /// Runs a test's steps. A failure leaves a screenshot and says what the console did; a success
    /// requires a console without complaints.
    ///
    /// # Errors
    /// Those of the steps.
    pub async fn run(self, steps: impl AsyncFnOnce(&Self) -> Result<()>) -> Result<()> {
        let done = steps(&self).await.and_then(|()| self.browser.expect_complaints(&[]));
        if done.is_err() {
            self.browser.shoot_failure();
        }
        done.map_err(|error| match self.browser.complaints() {
            Ok(complaints) if !complaints.is_empty() => error.context(complaints.join("\n")),
            _ => error,
        })
        .context("the page is not as it should be")
    }
}
