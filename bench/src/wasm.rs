//! The kernels in a headless browser against the same kernels here, on tiles of a dataset.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bench::kernels::{self, Input, Measured};
use explorer_core::de::FixedPoints;
use shared_fbs::{frame, manifest::CELLS_PER_CELLS_TILE, tile::Moments};
use tessera::dataset::Dataset;

use crate::table::{self, Table};

/// Tiles of each kind that the kernels work on.
const TILES: u32 = 32;

/// How often both are tried.
const ROUNDS: usize = 3;

/// Prints the rate of every kernel here and in the browser, on a directory of tiles.
pub fn print(tiles: &Path, folder: &Path, module: &Path, browser: &Path) -> Result<()> {
    println!("## Kernels in the browser\n");
    let input = input(&Dataset::open(tiles)?)?;
    // By turns, the best of each: what else the machine does then weighs on both.
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let found = kernels::run(&input, &|| started.elapsed().as_secs_f64() * 1e3).map_err(anyhow::Error::msg)?;
        here = best(here, found);
        there = best(there, in_browser(&input, folder, module, browser)?);
    }
    ensure!(here.len() == there.len(), "the browser ran other kernels");
    let mut rows = Table::new(["kernel, one thread", "native", "in the browser", "ratio", "same bits"]);
    for (here, there) in here.iter().zip(&there) {
        rows.push([
            here.name.clone(),
            table::large(here.rate(), &format!(" {}/s", here.unit)),
            table::large(there.rate(), &format!(" {}/s", there.unit)),
            table::digits(here.rate() / there.rate()),
            if here.digest == there.digest { "yes" } else { "**no**" }.to_owned(),
        ]);
    }
    rows.print();
    Ok(())
}

/// The faster of two tries, kernel by kernel.
fn best(earlier: Vec<Measured>, later: Vec<Measured>) -> Vec<Measured> {
    if earlier.is_empty() {
        return later;
    }
    earlier.into_iter().zip(later).map(|(a, b)| if a.min_millis < b.min_millis { a } else { b }).collect()
}

/// Some tiles of cells and of moments.
fn input(dataset: &Dataset) -> Result<Input> {
    let manifest = dataset.manifest();
    let layer = manifest.statistics_layer().context("the dataset has no layer")?;
    let FixedPoints::Uniform(fixed) = dataset.fixed_points(layer)? else {
        anyhow::bail!("the layer has no log-normalized counts");
    };
    let normalization = dataset.normalization(layer)?.context("the layer has no log-normalized counts")?;
    ensure!(!normalization.is_corrected(), "the kernels are measured on values without corrections");
    let n_tiles = TILES.min(manifest.n_obs / CELLS_PER_CELLS_TILE);
    let frames = |pack: &Option<String>, first: u32| -> Result<Vec<Vec<u8>>> {
        let pack = pack.as_deref().unwrap_or_default();
        let tiles = first..first + n_tiles;
        tiles.map(|tile| Ok(frame::deflate(&dataset.tile(pack, tile)?, 3))).collect()
    };
    let blocks = layer.block_levels.first().and_then(|level| level.tiles.as_ref()).map_or(0, |tiles| tiles.first);
    let moments = frames(&layer.moments_pack, blocks)?;
    ensure!(!moments.is_empty() && Moments::decode(&frame::inflate(&moments[0])?).is_ok(), "no block has moments");
    Ok(Input {
        n_genes: manifest.vars[layer.var as usize].n_vars,
        fixed: [u8::try_from(fixed.frac_bits())?, fixed.square_shift()],
        divisors: normalization.divisors()[..(n_tiles * CELLS_PER_CELLS_TILE) as usize].to_vec(),
        cells: frames(&layer.cells_pack, 0)?,
        moments,
    })
}

/// Runs the kernels in a page that holds all it needs, which the browser prints when it has loaded.
fn in_browser(input: &Input, folder: &Path, module: &Path, browser: &Path) -> Result<Vec<Measured>> {
    let read =
        |name: &str| fs::read(module.join(name)).with_context(|| format!("there is no {name} in {}", module.display()));
    let script = String::from_utf8(read("bench.js")?).context("bench.js is no text")?;
    let code = STANDARD.encode(read("bench_bg.wasm")?);
    let data = STANDARD.encode(input.encode());
    let page = format!(
        "<!doctype html><meta charset=utf-8><body><script>{script}</script><script>
const bytes = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
wasm_bindgen.initSync({{ module: bytes('{code}') }});
const said = wasm_bindgen.run(bytes('{data}'));
document.documentElement.innerHTML = '<pre></pre>';
document.querySelector('pre').textContent = said;
</script>"
    );
    let path = folder.join("kernels.html");
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    let path = path.canonicalize().context("the page is gone")?;
    let profile = folder.join("browser-profile");
    fs::create_dir_all(&profile).with_context(|| format!("cannot create {}", profile.display()))?;
    let profile = profile.canonicalize().context("the browser's profile is gone")?;
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--timeout=300000", "--dump-dom"])
        .arg(format!("file://{}", path.display()))
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", browser.display()))?;
    let dom = String::from_utf8_lossy(&output.stdout);
    let said = dom.split_once("<pre>").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (said, _) = said.with_context(|| format!("the browser printed no result ({})", output.status))?;
    said.lines().map(|line| Measured::from_line(line).with_context(|| format!("the browser said: {line}"))).collect()
}
