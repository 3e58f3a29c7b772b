//! Cells saved as a table: what the file says, in its order.

use anyhow::{Result, ensure};
use e2e::{Graphics, N_CELLS, Visit};

#[tokio::test]
async fn a_table_of_cells_has_what_the_file_has() -> Result<()> {
    Visit::start(Graphics::WebGpu, "save-cells").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain&genes=CD3D").await?;
    let truth = visit.truth()?;
    let (ids, labels, values) = (truth.cell_ids()?, truth.labels("louvain")?, truth.gene("CD3D")?);
    page.unfold("louvain").await?;
    page.only("louvain", "0").await?;
    let n_selected = labels.iter().filter(|label| *label == "0").count();
    page.until_selected(n_selected, N_CELLS).await?;

    page.type_keys("e").await?;
    page.choose("save-cells-extent", &format!("all {N_CELLS} in view")).await?;
    // All columns are ticked and the gene listed: here one column alone is wanted.
    for check in ["save-cells-all", "save-column-louvain", "save-cells-flag"] {
        page.click(check).await?;
    }
    visit.browser.shoot("dialog")?;
    page.click("save-cells-csv").await?;
    let (name, text) = page.download_text().await?;
    ensure!(name.ends_with(" cells.csv"), "the file is called {name}");
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default();
    ensure!(head.ends_with(",louvain,CD3D,selected"), "the head is {head}");
    let mut n_lines = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let [id, label, value, selected] = fields[..] else { anyhow::bail!("a line is {line}") };
        let cell = ids.iter().position(|own| own == id);
        let Some(cell) = cell else { anyhow::bail!("no cell is called {id}") };
        ensure!(label == labels[cell] && value.parse() == Ok(values[cell]), "the cell {id} is written {line}");
        ensure!((selected == "True") == (label == "0"), "the cell {id} is written {line}");
        n_lines += 1;
    }
    ensure!(n_lines == N_CELLS, "{n_lines} cells are written");

    page.type_keys("e").await?;
    page.choose("save-cells-extent", &format!("{n_selected} selected")).await?;
    page.click("save-cells-ids").await?;
    let (name, text) = page.download_text().await?;
    ensure!(name.ends_with(" cells.txt"), "the file is called {name}");
    let is_zero = |id: &str| ids.iter().position(|own| own == id).is_some_and(|cell| labels[cell] == "0");
    ensure!(
        text.lines().count() == n_selected && text.lines().all(is_zero),
        "{} ids are written",
        text.lines().count()
    );
    Ok(())
}
