//! Gene Expression over a corpus of two datasets: dots, and what is asked beside them, to the numbers of the command line.

use std::{ops::ControlFlow, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use e2e::{Environment, Graphics, Page, Ranges, StaticHost, Truth, Visit, count, data_lines, expect_same_lines};
use serde_json::{Value, json};
use synthetic::{
    Model, Spec,
    h5ad::{self, Compression, Layout, Options, Raw, Views},
};

/// Its datasets: cells and seed.
const DATASETS: [(&str, usize, u64); 2] = [("one", 700, 1), ("two", 500, 2)];

/// Genes of the first dataset; each that follows has [`MORE_GENES`] more.
const N_GENES: usize = 120;
const MORE_GENES: usize = 20;

const ORGANISM: &str = "NCBITaxon:9606";

#[tokio::test(flavor = "multi_thread")]
async fn dots_of_a_corpus_are_asked_opened_and_found_again_by_their_address() -> Result<()> {
    let environment = Environment::read()?;
    let folder = tempfile::tempdir()?;
    let served = folder.path().join("served");
    std::fs::create_dir(&served)?;
    let corpus = served.join("atlas");
    build(&environment, folder.path(), &corpus)?;
    let asked = environment.clone();
    let visit = Visit::of(environment, &served, Graphics::WebGpu, "expression").await?;
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
    for (at, (name, n_cells, seed)) in DATASETS.into_iter().enumerate() {
        let n_genes = N_GENES + at * MORE_GENES;
        let file = folder.join(format!("{name}.h5ad"));
        let options =
            Options { layout: Layout::Csr, compression: Compression::None, raw: Raw::Counts, views: Views::Flat };
        h5ad::write(&Model::new(Spec { n_cells, n_genes, seed })?, &file, options, |_| ControlFlow::Continue(()))?;
        let (file, out) = (text(&file)?, text(&folder.join(format!("{name}.summary")))?);
        let organism = ["--organism", ORGANISM, "--least-genes", "5", "--quiet"];
        run(environment, &[&["summarize", &file, "--out", &out][..], &organism].concat())?;
        summaries.push(out);
    }
    // One of them can be opened beside the corpus.
    let (name, ..) = DATASETS[0];
    let (file, dataset) = (folder.join(format!("{name}.h5ad")), corpus.with_file_name(format!("{name}.tessera")));
    run(environment, &["build", &text(&file)?, "--out", &text(&dataset)?, "--quiet"])?;
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
    // The list of datasets leads there.
    page.goto(visit.server.address()).await?;
    page.click("corpus-atlas").await?;
    page.until_text("expression-about", |text| text.starts_with("2 datasets")).await?;
    page.until_text("expression-hint", |text| text.contains("Find genes")).await?;

    // A gene, by its first letters.
    let gene = "SYN00001";
    let whole = answer(environment, corpus, &["--genes", gene, "--collapsed"])?;
    let symbol = whole["rows"][0]["gene"].as_str().context("the gene is known")?.to_owned();
    page.write("gene-search", &symbol).await?;
    page.click(&format!("gene-hit-{symbol}")).await?;
    page.element(&format!("dots-gene-{symbol}")).await?;
    page.until_gone("expression-hint").await?;
    let rows = whole["rows"].as_array().context("rows")?;
    ensure!(n_rows(&page).await? == rows.len() as u64, "each tissue has a row");

    // The first dot says what the command line says.
    let first = &rows[0];
    let (n, of) = (&first["n_expressing"], &first["n_cells"]);
    let text = told(&page, "ArrowDown").await?;
    let tissue = first["tissue"].as_str().context("a label")?;
    ensure!(text.starts_with(&format!("{symbol} in {tissue}. ")), "it says `{text}`");
    ensure!(text.contains(&format!("({n} of {of} cells)")), "it says `{text}`, not {n} of {of}");
    visit.browser.shoot("expression-tissues")?;

    // A tissue opens by Enter, and the address keeps it.
    page.evaluate(
        "$('dots-canvas').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))",
        json!(null),
    )
    .await?;
    let id = first["tissue_id"].as_str().context("an id")?;
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
    visit.browser.shoot("expression-by-sex")?;
    page.choose("group-by", "None").await?;

    figures(visit, n_opened as usize).await?;
    measured_in_some(visit, environment, corpus).await?;
    page.goto("about:blank").await?;
    page.goto(address).await?;
    page.element(&format!("dots-gene-{symbol}")).await?;
    page.choose("group-by", "None").await?;
    let asked = Asked { environment, corpus, gene, symbol: &symbol, tissue: id };
    beside_the_dots(visit, &asked).await?;
    compared(visit, &asked).await?;
    to_a_dataset_and_back(visit, &asked).await?;
    of_static_sites(visit, &asked).await
}

/// A gene that one of the datasets does not have is of the cells of the other.
async fn measured_in_some(visit: &Visit, environment: &Environment, corpus: &Path) -> Result<()> {
    let page = visit.page();
    let genes: Vec<String> = (0..N_GENES + MORE_GENES).map(|gene| format!("SYN{gene:05}")).collect();
    let rows = answer(environment, corpus, &["--genes", &genes.join(","), "--collapsed"])?;
    let is_partly =
        |row: &&Value| row["n_cells_measured"].as_u64().is_some_and(|n| n > 0 && Some(n) < row["n_cells"].as_u64());
    let row =
        rows["rows"].as_array().context("rows")?.iter().find(is_partly).context("a gene that one dataset lacks")?;
    let id = row["gene_id"].as_str().context("an id")?;
    page.goto("about:blank").await?;
    page.goto(&format!("{}/expression/atlas#gene={id}", visit.server.address())).await?;
    page.element(&format!("dots-gene-{}", row["gene"].as_str().context("a symbol")?)).await?;
    let label = format!("in {}. ", row["tissue"].as_str().context("a label")?);
    let mut text = told(&page, "ArrowDown").await?;
    for _ in 0..rows["rows"].as_array().context("rows")?.len() {
        if text.contains(&label) {
            break;
        }
        text = told(&page, "ArrowDown").await?;
    }
    let expected = format!("measured in {} of {} cells", row["n_cells_measured"], row["n_cells"]);
    ensure!(text.contains(&expected), "it says `{text}`, not {expected}");
    Ok(())
}

/// The dots as files.
async fn figures(visit: &Visit, n_rows: usize) -> Result<()> {
    let page = visit.page();
    page.click("dots-save").await?;
    page.click("dots-svg").await?;
    let (name, svg) = page.download_text().await?;
    ensure!(name.ends_with("gene-expression.svg") && svg.starts_with("<svg "), "{name}: {svg}");
    let n_marks = svg.matches("class=\"mark\"").count();
    ensure!((1..=n_rows).contains(&n_marks), "{n_marks} dots in {n_rows} rows");
    page.click("dots-save").await?;
    page.click("dots-png-2").await?;
    let (name, png) = page.download().await?;
    ensure!(name.ends_with(".png") && png.starts_with(b"\x89PNG"), "{name}");
    let width = u32::from_be_bytes(png[16..20].try_into()?);
    let in_svg = svg.split('"').nth(3).context("no width")?;
    ensure!(in_svg.parse::<u32>()? * 2 == width, "{width} pixels of a picture of {in_svg}");
    Ok(())
}

/// What is asked of the corpus.
struct Asked<'a> {
    environment: &'a Environment,
    corpus: &'a Path,
    gene: &'a str,
    symbol: &'a str,
    tissue: &'a str,
}

impl Asked<'_> {
    /// The id of a sex that cells have.
    fn sex(&self) -> Result<String> {
        let corpus = self.corpus.to_str().context("paths are texts")?;
        let options: Value = serde_json::from_slice(&run(
            self.environment,
            &["expression", corpus, "--genes", self.gene, "--options"],
        )?)?;
        Ok(options["sex"][0]["id"].as_str().context("an option of sex")?.to_owned())
    }

    /// What `tile-server corpus` writes.
    fn terminal(&self, command: &str, arguments: &[&str]) -> Result<String> {
        let corpus = self.corpus.to_str().context("paths are texts")?;
        Ok(String::from_utf8(run(self.environment, &[&["corpus", command, corpus][..], arguments].concat())?)?)
    }
}

/// The panel's numbers are those of the terminal.
async fn expect_answer(page: &Page<'_>, title: &str, terminal: &str) -> Result<()> {
    page.until_text("answer-title", |text| text == title).await?;
    page.element("answer-body").await?;
    page.until_gone("answer-progress").await?;
    page.click("answer-csv").await?;
    let (_, saved) = page.download_text().await?;
    expect_same_lines(&saved, terminal)
}

/// Presses a button of the answer by its words.
async fn press(page: &Page<'_>, text: &str) -> Result<()> {
    let press =
        "[...document.querySelectorAll('.answer-parts button')].find(button => button.textContent === a).click()";
    page.evaluate(press, json!(text)).await.map(drop)
}

async fn beside_the_dots(visit: &Visit, asked: &Asked<'_>) -> Result<()> {
    let page = visit.page();
    page.click("show-datasets").await?;
    page.until_text("answer-title", |title| title == "Datasets").await?;
    let text = page.until_text("answer-body", |text| text.contains("Cells shown")).await?;
    ensure!(DATASETS.iter().all(|(name, ..)| text.contains(name)), "{text}");

    // A gene: where it is expressed most, and what it is a marker of.
    page.click(&format!("about-{}", asked.symbol)).await?;
    expect_answer(&page, "Gene", &asked.terminal("rank", &["--genes", asked.gene])?).await?;
    page.expect_accessible("a gene of a corpus").await?;
    visit.browser.shoot("expression-gene")?;
    press(&page, "Cell types it is a marker of").await?;
    expect_answer(&page, "Marker of", &asked.terminal("markers", &["--genes", asked.gene])?).await?;

    // The markers of the first cell type of the tissue that has enough cells.
    let first = "document.querySelector('.dots-row [data-testid^=markers-]')";
    let name = page.evaluate(&format!("{first}.textContent"), Value::Null).await?;
    page.evaluate(&format!("{first}.click()"), Value::Null).await?;
    page.until_text("answer-title", |title| title == "Marker genes").await?;
    let address = page.evaluate("location.href", Value::Null).await?;
    let address = address.as_str().context("an address")?;
    let cell_type = address.split("of-type=").nth(1).and_then(|rest| rest.split('&').next()).context("a cell type")?;
    let of_row = ["--tissue", asked.tissue, "--cell-type", cell_type];
    let markers = asked.terminal("markers", &of_row)?;
    expect_answer(&page, "Marker genes", &markers).await?;
    visit.browser.shoot("expression-markers")?;
    ensure!(page.text("answer-body").await?.contains("specificity") || data_lines(&markers).len() == 1, "of {name}");

    // The donors behind the first dot.
    page.evaluate("$('dots-canvas').focus()", Value::Null).await?;
    told(&page, "ArrowDown").await?;
    told(&page, "ArrowDown").await?;
    told(&page, "Enter").await?;
    page.until_text("answer-title", |title| title == "Donors behind a dot").await?;
    page.until_text("answer-body", |text| text.contains("each counting once")).await?;
    visit.browser.shoot("expression-donors")?;

    // All numbers, for who sees no dots.
    page.click("show-table").await?;
    page.until_text("answer-title", |title| title == "Table of the dots").await?;
    page.until_text("answer-body", |text| text.contains(asked.symbol)).await?;
    page.click("answer-close").await?;
    page.until_gone("answer").await
}

async fn compared(visit: &Visit, asked: &Asked<'_>) -> Result<()> {
    let page = visit.page();
    page.click("compare").await?;
    page.element("compare-hint").await?;
    let sex = asked.sex()?;
    let link = page.evaluate("location.href", Value::Null).await?;
    let link = format!("{}&1-sex={sex}", link.as_str().context("an address")?);
    page.goto("about:blank").await?;
    page.goto(&link).await?;
    for (replicates, arguments) in [("compare-cells", &[][..]), ("compare-donors", &["--donors"])] {
        page.click(replicates).await?;
        let group = format!("sex={sex}");
        let terminal = asked.terminal("compare", &[&["--group", &group][..], arguments].concat())?;
        expect_answer(&page, "Comparison", &terminal).await?;
    }
    page.element("answer-figure").await?;
    page.expect_accessible("a comparison over a corpus").await?;
    visit.browser.shoot("expression-compared")?;
    page.click("compare-end").await?;
    page.until_gone("compare-hint").await
}

/// From the corpus to the cells of one of its datasets that its filters leave, colored by the gene; and from there to the
/// same gene over the corpus.
async fn to_a_dataset_and_back(visit: &Visit, asked: &Asked<'_>) -> Result<()> {
    let page = visit.page();
    let sex = asked.sex()?;
    page.goto("about:blank").await?;
    page.goto(&format!("{}/expression/atlas#gene={}&sex={sex}", visit.server.address(), asked.gene)).await?;
    page.click("show-datasets").await?;
    let (name, n_cells, _) = DATASETS[0];
    let link = "$('answer-body')?.querySelector('a[href*=\"/d/\"]')?.href ?? null";
    let link = page.until_value("a link to the dataset", link, Value::Null, Value::is_string).await?;
    page.goto(link.as_str().context("an address")?).await?;
    page.until_drawn(n_cells).await?;
    let truth = Truth::open(&asked.corpus.with_file_name(format!("{name}.tessera")))?;
    // Of primary data, as the corpus takes them.
    let of_cells: Vec<(String, String)> =
        truth.labels("sex")?.into_iter().zip(truth.labels("is_primary_data")?).collect();
    let n_of_sex = count(&of_cells, |(id, is_primary)| *id == sex && is_primary == "True");
    ensure!((1..n_cells).contains(&n_of_sex), "{n_of_sex} of {n_cells} cells are of {sex}");
    page.until_selected(n_of_sex, n_cells).await?;
    visit.browser.shoot("expression-dataset")?;

    page.write("gene-search", asked.symbol).await?;
    page.click(&format!("gene-hit-{}", asked.symbol)).await?;
    page.click(&format!("gene-expand-{}", asked.symbol)).await?;
    page.click("gene-corpus").await?;
    page.element(&format!("dots-gene-{}", asked.symbol)).await.map(drop)
}

/// The same from hosts of static files, with ranges and in segments.
async fn of_static_sites(visit: &Visit, asked: &Asked<'_>) -> Result<()> {
    let page = visit.page();
    let rank = asked.terminal("rank", &["--genes", asked.gene])?;
    let text = |path: &Path| path.to_str().map(str::to_owned).context("paths are texts");
    let folder = tempfile::tempdir()?;
    let served = text(asked.corpus.parent().context("the corpus is in a folder")?)?;
    let (cache, front_end) = (text(&folder.path().join("cache"))?, text(&visit.environment.dist)?);
    for (ranges, more) in [(Ranges::Answered, &[][..]), (Ranges::Unknown, &["--segments", "64K"][..])] {
        let site = folder.path().join(format!("{ranges:?}"));
        let out = text(&site)?;
        let arguments = ["export", &served, "--out", &out, "--cache", &cache, "--front-end", &front_end];
        run(asked.environment, &[&arguments[..], more].concat())?;
        let host = StaticHost::start(&site, ranges).await?;
        page.goto(&format!("{}/expression/atlas/#gene={}", host.address(), asked.gene)).await?;
        page.click(&format!("about-{}", asked.symbol)).await?;
        expect_answer(&page, "Gene", &rank).await.with_context(|| format!("with ranges {ranges:?}"))?;
    }
    Ok(())
}
