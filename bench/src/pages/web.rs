//! Viewers from npm, each in the smallest page that shows the points, served as files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::Graphics;
use fantoccini::key::Key;
use serde_json::Value;

use super::{
    dataset::Data,
    files,
    viewer::{Act, Mode, Server, Viewer},
};

/// The pages' sources, and the packages that they need.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/web");
const FILES: [&str; 7] =
    ["package.json", "package-lock.json", "page.html", "points.js", "regl.js", "atlas.js", "absent.cjs"];

/// Packages that embedding-atlas imports for views that are not shown here.
const ABSENT: [&str; 4] = ["@uwdata/mosaic-core", "@uwdata/mosaic-sql", "@uwdata/mosaic-spec", "@uwdata/vgplot"];

/// What embedding-atlas draws at most.
const MOST_ATLAS_POINTS: usize = 4_000_000;

/// Selectors and calls of the pages here.
const PICTURE: &str = "#view";
const COUNT: &str = "#count";

/// The packages, installed and bundled.
pub struct Packages {
    site: PathBuf,
    versions: Value,
}

impl Packages {
    /// Installs the pinned packages below `folder` and bundles the pages, unless that was done.
    ///
    /// # Errors
    /// In one sentence, when Node or npm is missing, or the registry does not answer.
    pub fn install(folder: &Path) -> Result<Self> {
        let folder = folder.join("peers");
        let site = folder.join("site");
        let read = |name: &str| {
            let path = Path::new(SOURCES).join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let wanted = FILES.iter().map(|name| read(name)).collect::<Result<Vec<_>>>()?;
        let lock: Value = serde_json::from_str(&wanted[1]).context("package-lock.json is no JSON")?;
        let packages = Self { site, versions: lock["packages"].clone() };
        let stamp = folder.join("installed");
        if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted.concat()) {
            return Ok(packages);
        }
        fs::create_dir_all(&packages.site)?;
        for (name, text) in FILES.iter().zip(&wanted) {
            fs::write(folder.join(name), text)?;
        }
        eprintln!("installing viewers from npm (a minute or two)");
        let options = ["--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"];
        run(Command::new("npm").arg("ci").args(options).current_dir(&folder))?;
        for name in ["regl", "atlas"] {
            run(Command::new("node")
                .arg("node_modules/esbuild/bin/esbuild")
                .arg(format!("{name}.js"))
                .args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=error"])
                .args(ABSENT.map(|package| format!("--alias:{package}=./absent.cjs")))
                .arg(format!("--outfile=site/{name}.js"))
                .current_dir(&folder))?;
            fs::write(packages.site.join(format!("{name}.html")), wanted[2].replace("VIEWER", name))?;
        }
        fs::write(&stamp, wanted.concat())?;
        Ok(packages)
    }

    /// regl-scatterplot with a dataset's points.
    ///
    /// # Errors
    /// When they cannot be served.
    pub fn regl(&self, data: &Data) -> Result<Viewer> {
        let keys = &[Key::Shift];
        self.viewer("regl-scatterplot", "regl", data, Mode { button: None, keys })
    }

    /// embedding-atlas with a dataset's points.
    ///
    /// # Errors
    /// When they cannot be served.
    pub fn atlas(&self, data: &Data) -> Result<Viewer> {
        let keys = &[Key::Shift, Key::Meta];
        let mut viewer = self.viewer("embedding-atlas", "atlas", data, Mode { button: None, keys })?;
        viewer.notes.push("draws by WebGL 2, since its WebGPU asks for `shader-f16`".to_owned());
        viewer.notes.push(
            "its lasso gives an outline only: the cells inside are counted by a plain loop of ours, and the picture does \
             not show them"
                .to_owned(),
        );
        if data.cells > MOST_ATLAS_POINTS {
            viewer.notes.push("draws a sample of 4 M points, not all".to_owned());
        }
        Ok(viewer)
    }

    fn viewer(&self, package: &str, name: &str, data: &Data, lasso: Mode) -> Result<Viewer> {
        let address = files::serve(&[("site", self.site.clone()), ("data", data.arrays.clone())])?;
        let version = self.versions[format!("node_modules/{package}")]["version"].as_str();
        let version = version.with_context(|| format!("package-lock.json names no {package}"))?;
        Ok(Viewer {
            name: format!("{package} {version}"),
            graphics: Graphics::WebGl2,
            url: format!("{address}/site/{name}.html"),
            picture: PICTURE,
            pictures: PICTURE,
            is_whole: "window.peer?.isWhole".to_owned(),
            pan: Mode::default(),
            lasso,
            recolor: [Act::Call("window.peer.colorBy(1)"), Act::Call("window.peer.colorBy(0)")],
            colors: Vec::new(),
            panels: Vec::new(),
            count: Some(COUNT),
            histogram: None,
            server: Server::Files,
            notes: Vec::new(),
        })
    }
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) => {
            ensure!(output.status.success(), "`{program}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
            Ok(())
        }
        Err(error) => bail!("`{program}` cannot start ({error}): viewers from npm need Node 20 or later with npm"),
    }
}
