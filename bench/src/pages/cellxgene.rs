//! The `cellxgene` desktop from the Python Package Index, in an environment of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use e2e::Graphics;

use super::{
    dataset::{COLUMNS, Data},
    viewer::{Act, Mode, Server, Viewer},
};

/// What it needs, pinned.
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/cellxgene.txt");

/// Writes a file as it takes it.
const PREPARE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/cellxgene_prepare.py");

/// How long it may take to read a file.
const PATIENCE: Duration = Duration::from_secs(300);

/// Its environment, installed on the first run.
pub struct Cellxgene {
    programs: PathBuf,
}

impl Cellxgene {
    /// Installs it below `folder`, unless that was done.
    ///
    /// # Errors
    /// In one sentence, when no Python fits or the index does not answer.
    pub fn install(folder: &Path) -> Result<Self> {
        let folder = folder.join("cellxgene");
        let wanted = fs::read_to_string(REQUIREMENTS).with_context(|| format!("cannot read {REQUIREMENTS}"))?;
        let programs = folder.join("bin");
        let stamp = folder.join("requirements.txt");
        if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
            return Ok(Self { programs });
        }
        let python = python().context("cellxgene needs Python 3.11 or 3.12, and there is none here")?;
        eprintln!("installing cellxgene from the Python Package Index (a minute or two)");
        run(Command::new(&python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(Command::new(programs.join("python")).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--requirement",
            REQUIREMENTS,
        ]))?;
        fs::write(&stamp, wanted)?;
        Ok(Self { programs })
    }

    /// Starts it on a dataset's file and waits until it has read that.
    ///
    /// # Errors
    /// When it ends, or takes minutes.
    pub fn viewer(&self, data: &Data) -> Result<Viewer> {
        let file = data.arrays.join("cellxgene.h5ad");
        run(Command::new(self.programs.join("python")).arg(PREPARE).arg(&data.h5ad).arg(&file))?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let child = Command::new(self.programs.join("cellxgene"))
            .arg("launch")
            .arg(&file)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--disable-annotations", "--disable-gene-sets-save", "--max-category-items", "500"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cellxgene cannot start")?;
        let mut server = Server::Other(child);
        if let Server::Other(child) = &mut server {
            until_listening(child, port)?;
        }
        let color = |column: &str| Act::Press(format!("[data-testid='colorby-{column}']"));
        Ok(Viewer {
            name: format!("cellxgene {}", version()?),
            graphics: Graphics::WebGl2,
            url: format!("http://127.0.0.1:{port}/"),
            picture: "[data-testid=layout-graph]",
            pictures: "[data-testid=layout-graph]",
            is_whole: "document.querySelector('[data-testid=layout-graph]')".to_owned(),
            pan: Mode { button: Some("[data-testid=mode-pan-zoom]"), keys: &[] },
            lasso: Mode { button: Some("[data-testid=mode-lasso]"), keys: &[] },
            recolor: [color(COLUMNS[1]), color(COLUMNS[0])],
            colors: Vec::new(),
            panels: Vec::new(),
            count: None,
            histogram: None,
            server,
            notes: vec![
                "shows no count of a lasso's cells: its result is the picture".to_owned(),
                "begins without colors; reads the file beforehand, column by column, without the columns that it does \
                 not know"
                    .to_owned(),
            ],
        })
    }
}

/// Waits until a connection is taken; what the program complains of goes into the error.
fn until_listening(child: &mut Child, port: u16) -> Result<()> {
    let complaints = child.stderr.take().context("the program's complaints cannot be read")?;
    // Read to the end, so that the program never waits for it.
    let last_line = thread::spawn(move || BufReader::new(complaints).lines().map_while(Result::ok).last());
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if child.try_wait()?.is_some() {
            let said = last_line.join().ok().flatten().unwrap_or_default();
            bail!("cellxgene ended: {said}");
        }
        ensure!(Instant::now() < deadline, "cellxgene did not read its file within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// The pinned version.
fn version() -> Result<String> {
    let pinned = fs::read_to_string(REQUIREMENTS)?;
    let version = pinned.lines().find_map(|line| line.strip_prefix("cellxgene=="));
    Ok(version.context("cellxgene is not pinned")?.to_owned())
}

/// A Python that the pinned packages have wheels for: on the path, or where pyenv keeps them.
fn python() -> Option<PathBuf> {
    const NAMES: [&str; 2] = ["python3.11", "python3.12"];
    let works = |program: &PathBuf| {
        Command::new(program).args(["-c", "import venv, ensurepip"]).output().is_ok_and(|out| out.status.success())
    };
    let home = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")))?;
    let versions = fs::read_dir(home.join("versions")).into_iter().flatten().flatten();
    let folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    let kept = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    NAMES.iter().map(PathBuf::from).chain(kept).find(works)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?} cannot start"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
