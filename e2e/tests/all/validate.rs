//! The page that validates files of the user's own.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, Seen, Visit};
use fantoccini::Locator;
use serde_json::{Value, json};
use synthetic::{
    Model, Spec,
    h5ad::{self, Compression, Layout, Options, Raw, Views},
};

#[tokio::test(flavor = "multi_thread")]
async fn files_are_validated_as_on_the_command_line_and_stay_on_the_device() -> Result<()> {
    Visit::start(Graphics::WebGpu, "validate").await?.run(validated).await
}

async fn validated(visit: &Visit) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let files = files(visit, folder.path())?;
    let page = visit.page();
    page.goto(visit.server.address()).await?;
    page.click("device-validate").await?;
    page.element("validate-choose").await?;
    visit.browser.shoot("start")?;
    let paths: Vec<String> = files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    page.until("the field for files", async || {
        let field = page.client().find(Locator::Css("[data-testid=validate-input]")).await?;
        Ok(Seen::<_, ()>::Yes(field.send_keys(&paths.join("\n")).await?))
    })
    .await?;
    let states = "[...document.querySelectorAll('.validate-file')].map(of => of.dataset.state).join()";
    page.until_value("the verdicts", states, Value::Null, |states| *states == json!("done,done,done")).await?;
    visit.browser.shoot("validated")?;
    page.expect_no_overflow("findings").await?;

    for (file, expected) in files.iter().zip(command_line(visit, &files)?) {
        let name = file.file_name().context("it is a file")?.to_string_lossy().into_owned();
        page.click_in(&format!("validate-file-{name}"), "[data-testid=validate-save-json]").await?;
        let (saved_as, text) = page.download_text().await?;
        ensure!(saved_as == format!("{}.findings.json", name.trim_end_matches(".h5ad")), "saved as {saved_as}");
        let found: Value = serde_json::from_str(&text)?;
        // A page knows files by name alone.
        let expected = expected.to_string().replace(&*file.to_string_lossy(), &name);
        let expected: Value = serde_json::from_str(&expected)?;
        ensure!(found == expected, "{name}: the page finds {found:#}, and the command line {expected:#}");
    }

    // A mended copy is that of the command line, to the byte, and is validated in turn.
    page.click_in("validate-file-made-up.h5ad", "[data-testid=validate-mend]").await?;
    let (name, mended) = page.download().await?;
    let expected = folder.path().join("expected.h5ad");
    let output =
        Command::new(&visit.environment.server).arg("mend").arg(&files[0]).arg("--out").arg(&expected).output()?;
    ensure!(name == "made-up.mended.h5ad" && mended == fs::read(&expected)?, "{name} is another than {output:?} made");
    let state = "$('validate-file-made-up.mended.h5ad')?.dataset.state";
    page.until_value("the verdict on the copy", state, Value::Null, |state| *state == json!("done")).await?;
    visit.browser.shoot("mended")?;

    // A search leaves the causes that have its words.
    let places = "[...$('validate-file-made-up.h5ad').querySelectorAll('.validate-group:not([hidden])')] \
                  .map(of => of.dataset.place)";
    let all = page.evaluate(places, Value::Null).await?.as_array().map_or(0, Vec::len);
    let field = "[data-testid='validate-file-made-up.h5ad'] [data-testid=validate-search]";
    let field = page.client().find(Locator::Css(field)).await?;
    field.send_keys("obs.tissue").await?;
    page.until_value("fewer causes", places, Value::Null, |places| {
        let places = places.as_array().cloned().unwrap_or_default();
        !places.is_empty() && places.len() < all
    })
    .await?;
    field.send_keys(" zebra").await?;
    page.until_text("validate-none", |text| text == "No finding has “obs.tissue zebra”.").await?;

    // Options that change hold for what is shown once that is validated again.
    let lacks =
        "$('validate-file-made-up.h5ad').querySelector('[data-place=\"obs.cell_type_ontology_term_id\"]') !== null";
    ensure!(page.evaluate(lacks, Value::Null).await? == json!(true), "the file has types of cells");
    page.click("validate-pre-analysis").await?;
    page.until_text("validate-again", |text| text.contains("validated before this was changed")).await?;
    visit.browser.shoot("changed")?;
    page.click("validate-again-run").await?;
    page.until_value("the verdicts", states, Value::Null, |states| *states == json!("done,done,done,done")).await?;
    ensure!(page.evaluate(lacks, Value::Null).await? == json!(false), "types of cells are asked for before analysis");

    // A file that is none is not said to be against the schema.
    let verdict = "$('validate-file-broken.h5ad').querySelector('[data-testid=validate-verdict]').textContent";
    let verdict = page.evaluate(verdict, Value::Null).await?;
    ensure!(verdict.as_str().is_some_and(|text| text.starts_with("Cannot be read: ")), "the verdict is {verdict}");
    Ok(())
}

/// A file of today, one of anndata 0.6, and one that is none.
fn files(visit: &Visit, folder: &Path) -> Result<Vec<PathBuf>> {
    let made_up = folder.join("made-up.h5ad");
    let options = Options { layout: Layout::Csr, compression: Compression::None, raw: Raw::Absent, views: Views::Flat };
    let model = Model::new(Spec { n_cells: 500, n_genes: 400, seed: 7 })?;
    h5ad::write(&model, &made_up, options, |_| ControlFlow::Continue(()))?;
    let broken = folder.join("broken.h5ad");
    fs::write(&broken, "no AnnData")?;
    Ok(vec![made_up, visit.environment.demo_file().canonicalize()?, broken])
}

/// The reports of the command line.
fn command_line(visit: &Visit, files: &[PathBuf]) -> Result<Vec<Value>> {
    let output =
        Command::new(&visit.environment.server).args(["validate", "--json", "--quiet"]).args(files).output()?;
    serde_json::from_slice(&output.stdout).with_context(|| format!("validate says {output:?}"))
}
