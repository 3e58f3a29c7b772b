//! Gene Expression over a corpus of two datasets: the numbers of dots are those of the command line.

use std::{ops::ControlFlow, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use e2e::{Environment, Graphics, Page, Visit};
use serde_json::{Value, json};
use synthetic::{
    Model, Spec,
    h5ad::{self, Compression, Layout, Options, Raw, Views},
};

/// Its datasets: cells and seed.
const DATASETS: [(&str, usize, u64); 2] = [("one", 700, 1), ("two", 500, 2)];

const ORGANISM: &str = "NCBITaxon:9606";

#[tokio::test(flavor = "multi_thread")]
async fn dots_of_a_corpus_are_asked_opened_and_found_again_by_their_address() -> Result<()> {
    let environment = Environment::read()?;
    let folder = tempfile::tempdir()?;
    let corpus = folder.path().join("atlas");
    build(&environment, folder.path(), &corpus)?;
    let asked = environment.clone();
    let visit = Visit::of(environment, &corpus, Graphics::WebGpu, "expression").await?;
    visit.run(async |visit| steps(visit, &asked, &corpus).await).await
}

fn run(environment: &Environment, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(&environment.server).args(arguments).output()?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

fn build(environment: &Environment, folder: &Path, corpus: &Path) -> Result<()> {
    let text = |path: &Path| path.to_str().map(str::to_owned).context("paths are texts");
    let mut summaries = Vec::new();
    for (name, n_cells, seed) in DATASETS {
        let file = folder.join(format!("{name}.h5ad"));
        let options =
            Options { layout: Layout::Csr, compression: Compression::None, raw: Raw::Counts, views: Views::Flat };
        h5ad::write(&Model::new(Spec { n_cells, n_genes: 120, seed })?, &file, options, |_| ControlFlow::Continue(()))?;
        let (file, out) = (text(&file)?, text(&folder.join(format!("{name}.summary")))?);
        let organism = ["--organism", ORGANISM, "--least-genes", "5", "--quiet"];
        run(environment, &[&["summarize", &file, "--out", &out][..], &organism].concat())?;
        summaries.push(out);
    }
    let out = text(corpus)?;
    let mut arguments = vec!["corpus", "build"];
    arguments.extend(summaries.iter().map(String::as_str));
    arguments.extend(["--out", &out]);
    run(environment, &arguments).map(drop)
}

/// What the command line answers.
fn answer(environment: &Environment, corpus: &Path, more: &[&str]) -> Result<Value> {
    let corpus = corpus.to_str().context("paths are texts")?;
    Ok(serde_json::from_slice(&run(
        environment,
        &[&["expression", corpus, "--json", "--least-cells", "10"][..], more].concat(),
    )?)?)
}

async fn n_rows(page: &Page<'_>) -> Result<u64> {
    page.evaluate("document.querySelectorAll('.dots-row').length", Value::Null).await?.as_u64().context("a number")
}

/// What is told of the dot that a key leads to.
async fn told(page: &Page<'_>, key: &str) -> Result<String> {
    let press = "$('dots-canvas').dispatchEvent(new KeyboardEvent('keydown', { key: a, bubbles: true }))";
    page.evaluate(press, json!(key)).await?;
    page.until_text("dots-told", |text| !text.is_empty()).await
}

async fn steps(visit: &Visit, environment: &Environment, corpus: &Path) -> Result<()> {
    let page = visit.page();
    page.goto(&format!("{}/expression/atlas", visit.server.address())).await?;
    page.until_text("expression-about", |text| text.starts_with("2 datasets")).await?;
    page.until_text("expression-hint", |text| text.contains("Find genes")).await?;

    // A gene, by its first letters.
    let gene = "SYN00001";
    let whole = answer(environment, corpus, &["--genes", gene, "--collapsed"])?;
    let symbol = whole["genes"][0]["symbol"].as_str().context("the gene is known")?.to_owned();
    page.write("gene-search", &symbol).await?;
    page.click(&format!("gene-hit-{symbol}")).await?;
    page.element(&format!("dots-gene-{symbol}")).await?;
    page.until_gone("expression-hint").await?;
    let rows = whole["rows"].as_array().context("rows")?;
    ensure!(n_rows(&page).await? == rows.len() as u64, "each tissue has a row");

    // The first dot says what the command line says.
    let first = &rows[0];
    let (n, of) = (&first["n_expressing"][0], &first["n_cells"]);
    let text = told(&page, "ArrowDown").await?;
    let tissue = first["tissue"]["label"].as_str().context("a label")?;
    ensure!(text.starts_with(&format!("{symbol} in {tissue}. ")), "it says `{text}`");
    ensure!(text.contains(&format!("({n} of {of} cells)")), "it says `{text}`, not {n} of {of}");
    visit.browser.shoot("expression-tissues")?;

    // A tissue opens by Enter, and the address keeps it.
    page.evaluate(
        "$('dots-canvas').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))",
        json!(null),
    )
    .await?;
    let id = first["tissue"]["id"].as_str().context("an id")?;
    let opened = answer(environment, corpus, &["--genes", gene, "--tissue", id])?;
    let n_opened = (rows.len() + opened["rows"].as_array().context("rows")?.len() - 1) as u64;
    page.until("the tissue's cell types", async || {
        let n = n_rows(&page).await?;
        Ok(if n == n_opened { e2e::Seen::Yes(()) } else { e2e::Seen::NotYet(n) })
    })
    .await?;
    page.expect_accessible("Gene Expression").await?;
    visit.browser.shoot("expression-types")?;
    page.choose("group-by", "Sex").await?;
    let address = page.evaluate("location.href", Value::Null).await?;
    let address = address.as_str().context("an address")?;
    ensure!(address.contains("by=sex") && address.contains("open="), "the address is {address}");
    page.goto("about:blank").await?;
    page.goto(address).await?;
    page.element(&format!("dots-gene-{symbol}")).await?;
    let by_sex = answer(environment, corpus, &["--genes", gene, "--tissue", id, "--group-by", "sex"])?;
    let n_by_sex = (rows.len() + by_sex["rows"].as_array().context("rows")?.len() - 1) as u64;
    page.until("the same rows after a reload", async || {
        let n = n_rows(&page).await?;
        Ok(if n == n_by_sex { e2e::Seen::Yes(()) } else { e2e::Seen::NotYet(n) })
    })
    .await?;
    visit.browser.shoot("expression-by-sex")
}
