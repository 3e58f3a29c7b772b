//! Columns of the user's own: cells are labeled, labels changed, compared, kept, and passed on as a file.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Page, Visit, count, data_lines};
use serde_json::{Value, json};

/// The keys that confirm and that mark all of a field.
const ENTER: &str = "\u{e007}";
const ALL: &str = "\u{e009}a\u{e000}";

const COLUMN: &str = "my labels";

#[tokio::test]
async fn cells_are_labeled_by_the_keyboard_and_labels_changed() -> Result<()> {
    Visit::start(Graphics::WebGpu, "own_columns").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain&open=louvain").await?;
    let truth = visit.truth()?;
    let louvain = truth.labels("louvain")?;
    let n_of = |label: &str| count(&louvain, |other| other == label);
    let (n_first, n_second) = (n_of("0"), n_of("1"));
    ensure!(n_first > 1 && n_second > 1, "both labels have cells");

    // The empty state names the next step. A label makes its column, which colors the cells.
    page.until_text("own-empty", |text| text.contains("lasso") && text.contains("press A")).await?;
    page.only("louvain", "0").await?;
    page.until_selected(n_first, N_CELLS).await?;
    label(&page, "T cell").await?;
    page.legend(COLUMN).await?;
    expect_counts(&page, &[("T cell", n_first), ("missing", N_CELLS - n_first)]).await?;
    visit.browser.shoot("labeled")?;

    // The next label is of the same column, and moves the cells that have another.
    page.only("louvain", "1").await?;
    page.until_selected(n_second, N_CELLS).await?;
    label(&page, "B").await?;
    let both = [("B", n_second), ("T cell", n_first), ("missing", N_CELLS - n_first - n_second)];
    expect_counts(&page, &both).await?;
    label(&page, "T cell").await?;
    expect_counts(&page, &[("B", 0), ("T cell", n_first + n_second), both[2]]).await?;
    page.press_control('z', Held::Nothing).await?;
    expect_counts(&page, &both).await?;
    // One right after the other, before the browser has drawn a frame.
    label(&page, "T cell").await?;
    label(&page, "B").await?;
    expect_counts(&page, &both).await?;
    for _ in 0..2 {
        page.press_control('z', Held::Nothing).await?;
    }
    expect_counts(&page, &both).await?;

    // A row's menu labels the selection in one go, and takes labels away.
    menu(&page, "T cell", "own-label-give").await?;
    expect_counts(&page, &[("B", 0), ("T cell", n_first + n_second), both[2]]).await?;
    menu(&page, "missing", "own-label-give").await?;
    expect_counts(&page, &[("B", 0), ("T cell", n_first), ("missing", N_CELLS - n_first)]).await?;
    for _ in 0..2 {
        page.press_control('z', Held::Nothing).await?;
    }
    expect_counts(&page, &both).await?;

    // A filter on a label follows its new name.
    page.click("clear-filters").await?;
    page.only(COLUMN, "B").await?;
    page.until_selected(n_second, N_CELLS).await?;
    menu(&page, "B", "own-label-rename").await?;
    page.write("own-label-name", &format!("{ALL}B cell{ENTER}")).await?;
    page.element(&format!("value-{COLUMN}-B cell")).await?;
    page.until_selected(n_second, N_CELLS).await?;
    page.click("clear-filters").await?;

    // Merged, deleted, and back.
    menu(&page, "B cell", "own-label-merge").await?;
    page.choose("own-label-into", "T cell").await?;
    expect_counts(&page, &[("T cell", n_first + n_second), both[2]]).await?;
    menu(&page, "T cell", "own-label-delete").await?;
    expect_counts(&page, &[("missing", N_CELLS)]).await?;
    for _ in 0..2 {
        page.press_control('z', Held::Nothing).await?;
    }
    let named = [("B cell", n_second), both[1], both[2]];
    expect_counts(&page, &named).await?;

    // Markers of own labels, though nothing is stored of them.
    page.click(&format!("category-menu-{COLUMN}")).await?;
    page.click(&format!("category-markers-{COLUMN}")).await?;
    page.until_text("markers-title", |title| title.contains(COLUMN)).await?;
    let of_own = first_marker(&page, "B cell").await?;
    page.click("markers-close").await?;
    page.click("category-menu-louvain").await?;
    page.click("category-markers-louvain").await?;
    page.until_text("markers-title", |title| title.contains("louvain")).await?;
    ensure!(first_marker(&page, "1").await? == of_own, "the same cells have other markers");
    page.click("markers-close").await?;

    // Renamed, and kept without the link that names it.
    page.click(&format!("category-menu-{COLUMN}")).await?;
    page.click(&format!("own-rename-{COLUMN}")).await?;
    page.write("own-name", &format!("{ALL}louvain")).await?;
    page.until_text("categories", |text| text.contains("called “louvain” already")).await?;
    page.write("own-name", &format!("{ALL}types{ENTER}")).await?;
    page.legend("types").await?;
    page.goto("about:blank").await?;
    let page = visit.open("").await?;
    let kept = page.label_counts("types").await?;
    ensure!(kept.iter().map(|row| row.2).eq(named.iter().map(|row| row.1)), "the browser has kept {kept:?}");

    file_and_back(&page, &truth.cell_ids()?, &named).await?;
    visit.browser.shoot("loaded")
}

/// Saves the columns as a file, and takes a changed one in again.
async fn file_and_back(page: &Page<'_>, ids: &[String], named: &[(&str, usize)]) -> Result<()> {
    page.click("own-export").await?;
    let (name, saved) = page.download_text().await?;
    ensure!(name.ends_with("labels.csv"), "the file is called {name}");
    let lines = data_lines(&saved);
    ensure!(
        lines.first() == Some(&"cell_id,types") && lines.len() == N_CELLS + 1,
        "the file begins {:?}",
        lines.first()
    );
    for id in ids {
        ensure!(lines.iter().any(|line| line.starts_with(&format!("{id},"))), "the file lacks {id}");
    }
    let n_second = named[0].1;
    ensure!(lines.iter().filter(|line| line.ends_with(",B cell")).count() == n_second, "B cells are missing");

    page.click("category-menu-types").await?;
    page.click("own-delete-types").await?;
    page.until_gone("category-types").await?;
    let file = tempfile::Builder::new().suffix(".csv").tempfile()?;
    std::fs::write(file.path(), &saved)?;
    page.write("own-file", &file.path().to_string_lossy()).await?;
    let loaded = page.label_counts("types").await?;
    ensure!(loaded.iter().map(|row| row.2).eq(named.iter().map(|row| row.1)), "the file gave {loaded:?}");

    // What the file has otherwise is asked about; ids that nobody has are told.
    let changed = format!("{}\nnobody,B cell\n", saved.trim_end().replace(",B cell", ",Plasma"));
    std::fs::write(file.path(), changed)?;
    page.write("own-file", &file.path().to_string_lossy()).await?;
    page.until_focused("own-clash").await?;
    page.until_notice(|text| text.contains("no such cell here (nobody)")).await?;
    page.click("own-clash-merge").await?;
    page.until_value("the question", "$('own-clash').hidden", Value::Null, |hidden| *hidden == true).await?;
    page.element("value-types-Plasma").await?;
    let merged = page.label_counts("types").await?;
    let n_plasma = merged.iter().find(|row| row.0 == "Plasma").context("it is a label")?.2;
    ensure!(n_plasma == n_second, "{n_plasma} cells are Plasma");
    Ok(())
}

/// Labels the selection by keys alone.
async fn label(page: &Page<'_>, label: &str) -> Result<()> {
    page.type_keys("a").await?;
    page.until_focused("label-name").await?;
    page.type_keys(label).await?;
    page.until_value("the label", "$('label-name').value", Value::Null, |value| *value == json!(label)).await?;
    page.type_keys(ENTER).await?;
    page.until_value("the dialog", "$('label-dialog').open", Value::Null, |open| *open == false).await?;
    Ok(())
}

/// Chooses from the menu of a label.
async fn menu(page: &Page<'_>, label: &str, item: &str) -> Result<()> {
    let row = format!("value-{COLUMN}-{label}");
    let rect = page.rect(&row).await?;
    page.point(&row, [rect.width / 2.0, rect.height / 2.0]).await?;
    page.click_in(&row, "[data-testid=own-label-menu]").await?;
    page.click_in(&row, &format!("[data-testid={item}]")).await
}

/// Waits for the numbers of cells of the labels of the user's own column.
async fn expect_counts(page: &Page<'_>, expected: &[(&str, usize)]) -> Result<()> {
    let rows = "[...document.querySelectorAll(`[data-testid^=\"value-${CSS.escape(a)}-\"]`)].map(row => [\
                row.dataset.testid.slice(`value-${a}-`.length), \
                Number(row.querySelector('.value-total').textContent.replace(',', ''))])";
    let expected = json!(expected);
    page.unfold(COLUMN).await?;
    page.until_value("the labels' cells", rows, json!(COLUMN), |found| *found == expected).await?;
    Ok(())
}

/// The first marker of a label, once it is there.
async fn first_marker(page: &Page<'_>, label: &str) -> Result<String> {
    let first = "document.querySelector(`[data-testid^=\"marker-${CSS.escape(a)}-\"]`)?.dataset.testid\
                 .slice(`marker-${a}-`.length)";
    let found = page.until_value("the first marker", first, json!(label), Value::is_string).await?;
    Ok(found.as_str().unwrap_or_default().to_owned())
}
