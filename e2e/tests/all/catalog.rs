//! Finding a dataset among several, while datasets come.

use std::{fs, ops::ControlFlow, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use e2e::{Environment, Graphics, Page, Screen, Visit};
use serde_json::{Value, json};
use synthetic::{
    Model, Spec,
    h5ad::{self, Compression, Layout, Options, Raw, Views},
};

const COLLECTION: &str = "title = 'Lungs of adults'\npublication = 'Okafor et al. (2020) Cell'\n\
                          published = 2020-11-18\nconsortia = ['HCA']\naccessions = ['GSE123456']\n";

#[tokio::test(flavor = "multi_thread")]
async fn datasets_are_found_by_facets_and_words_and_appear_as_they_come() -> Result<()> {
    let environment = Environment::read()?;
    let folder = tempfile::tempdir()?;
    build(&environment, folder.path(), "alone", 300)?;
    build(&environment, folder.path(), "lungs/healthy", 400)?;
    build(&environment, folder.path(), "lungs/.late", 500)?;
    fs::write(folder.path().join("lungs/collection.toml"), COLLECTION)?;
    let visit = Visit::of(environment, folder.path(), Graphics::WebGpu, "catalog").await?;
    visit.run(async |visit| steps(visit, folder.path()).await).await
}

/// Builds a made-up dataset of so many cells.
pub(crate) fn build(environment: &Environment, folder: &Path, name: &str, n_cells: usize) -> Result<()> {
    let file = folder.join(".made-up.h5ad");
    let options = Options { layout: Layout::Csr, compression: Compression::None, raw: Raw::Absent, views: Views::Flat };
    let model = Model::new(Spec { n_cells, n_genes: 60, seed: n_cells as u64 })?;
    h5ad::write(&model, &file, options, |_| ControlFlow::Continue(()))?;
    let out = folder.join(name);
    fs::create_dir_all(out.parent().context("a dataset lies in a folder")?)?;
    // The builder takes no name that begins with a dot, as what is not whole yet has here.
    let built = folder.join(".built");
    let status =
        Command::new(&environment.server).arg("build").arg(&file).args(["--schema", "--out"]).arg(&built).status()?;
    ensure!(status.success(), "the dataset was not built: {status}");
    fs::rename(built, out)?;
    Ok(fs::remove_file(file)?)
}

async fn steps(visit: &Visit, folder: &Path) -> Result<()> {
    let page = visit.page();
    page.goto(visit.server.address()).await?;
    until_count(&page, "2 datasets").await?;
    visit.browser.shoot("catalog")?;
    page.until_text("catalog-collections", |text| text == "1 collection").await?;
    let address = page.evaluate("$('catalog-collections').href", Value::Null).await?;
    ensure!(address == format!("{}/collections/", visit.server.address()), "the collections are at {address}");

    // Of one collection alone.
    page.click("facet-consortium").await?;
    page.click("consortium-HCA").await?;
    until_count(&page, "1 of 2 datasets").await?;
    ensure!(hash(&page).await? == "#consortium=HCA", "the address says `{}`", hash(&page).await?);
    let own_count = count_of(&page, "disease", "disease-normal").await;
    ensure!(own_count.is_ok_and(|count| count == "1"), "other facets count what this one lets pass");

    let badge = "document.querySelector('.catalog-schema')?.textContent";
    page.until_value("the verdict of the schema", badge, Value::Null, |badge| {
        badge.as_str().is_some_and(|text| text.starts_with("schema: ") && text.ends_with(" findings"))
    })
    .await?;
    page.element("facet-schema").await?;

    // Back and forward, and a new visit.
    page.evaluate("(history.back(), 0)", Value::Null).await?;
    until_count(&page, "2 datasets").await?;
    page.evaluate("(history.forward(), 0)", Value::Null).await?;
    until_count(&page, "1 of 2 datasets").await?;
    page.reload().await?;
    until_count(&page, "1 of 2 datasets").await?;

    // A dataset appears while the page is open.
    fs::rename(folder.join("lungs/.late"), folder.join("lungs/late"))?;
    until_count(&page, "2 of 3 datasets").await?;
    visit.browser.shoot("catalog-filtered")?;

    // Words: an accession, and one that nothing has.
    page.click("catalog-clear").await?;
    until_count(&page, "3 datasets").await?;
    search(&page, "gse123456").await?;
    until_count(&page, "2 of 3 datasets").await?;
    search(&page, "gse123457").await?;
    page.element("catalog-none").await?;
    search(&page, "").await?;
    until_count(&page, "3 datasets").await?;

    // Largest first.
    page.click("catalog-sort-cells").await?;
    let first = "document.querySelector('.catalog-number')?.textContent";
    page.until_value("the largest first", first, Value::Null, |first| *first == json!("500 cells")).await?;

    // On a phone facets come in a sheet.
    visit.browser.resize(Screen::PHONE)?;
    visit.browser.shoot("catalog-phone")?;
    page.click("catalog-filters").await?;
    visit.browser.shoot("catalog-phone-filters")?;
    page.click("catalog-show").await?;
    visit.browser.resize(Screen::DESK)
}

async fn until_count(page: &Page<'_>, expected: &str) -> Result<()> {
    page.until_text("catalog-count", |text| text == expected).await?;
    Ok(())
}

async fn hash(page: &Page<'_>) -> Result<String> {
    Ok(page.evaluate("location.hash", Value::Null).await?.as_str().unwrap_or_default().to_owned())
}

/// What a facet counts for a value.
async fn count_of(page: &Page<'_>, facet: &str, row: &str) -> Result<String> {
    page.element(&format!("facet-{facet}")).await?;
    let count = page.evaluate("$(a).querySelector('.facet-count').textContent", json!(row)).await?;
    Ok(count.as_str().unwrap_or_default().to_owned())
}

async fn search(page: &Page<'_>, words: &str) -> Result<()> {
    let typed = "(e => { e.value = a; e.dispatchEvent(new Event('input', { bubbles: true })); return 0; })($('catalog-search'))";
    page.evaluate(typed, json!(words)).await?;
    Ok(())
}
