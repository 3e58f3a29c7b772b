//! Cells saved as a table: what the file says, in its order.

use std::fs;

use anyhow::{Result, bail, ensure};
use e2e::{Graphics, N_CELLS, Visit};
use h5ad::{FrameColumn, H5ad, MatrixLocation, Storage};

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
    page.choose("save-cells-extent", &format!("all {N_CELLS} cells in view")).await?;
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
    page.choose("save-cells-extent", &format!("{n_selected} cells selected")).await?;
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

#[tokio::test]
async fn an_anndata_file_of_cells_has_what_the_input_has() -> Result<()> {
    Visit::start(Graphics::WebGpu, "save-h5ad").await?.run(as_anndata).await
}

/// Genes of both matrices.
const N_GENES: usize = 765;

async fn as_anndata(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    let input = H5ad::from_bytes(fs::read(visit.environment.demo_file())?, "the demo")?;
    let (labels, obs) = (louvain(&input)?, input.obs()?);
    page.unfold("louvain").await?;
    page.only("louvain", "1").await?;
    let rows: Vec<usize> = (0..N_CELLS).filter(|&row| labels[row] == "1").collect();
    page.until_selected(rows.len(), N_CELLS).await?;

    page.type_keys("e").await?;
    page.until_text("save-h5ad-text", |text| text.starts_with(&format!("{} cells", rows.len()))).await?;
    visit.browser.shoot("dialog")?;
    page.click("save-cells-h5ad").await?;
    let (name, bytes) = page.download().await?;
    ensure!(name.ends_with(" cells.h5ad"), "the file is called {name}");
    page.until_text("save-h5ad-differences", |text| text.contains("X: 32-bit floats, to which wider ones")).await?;
    let file = H5ad::from_bytes(bytes, name)?;
    ensure!((file.n_obs(), file.n_vars()) == (rows.len(), N_GENES), "{} x {}", file.n_obs(), file.n_vars());
    ensure!(file.obs()?.index.iter().eq(rows.iter().map(|&row| &obs.index[row])), "the cells are others");
    ensure!(louvain(&file)?.iter().all(|label| label == "1"), "the labels are others");
    ensure!(file.uns().colors["louvain"].len() == 1, "the colors are {:?}", file.uns().colors);
    ensure!(file.obsm() == input.obsm(), "obsm holds {:?}", file.obsm());
    for location in [MatrixLocation::X, MatrixLocation::Raw] {
        let (found, all) = (dense(&file, &location)?, dense(&input, &location)?);
        for (&row, found) in rows.iter().zip(found.chunks(N_GENES)) {
            ensure!(*found == all[row * N_GENES..][..N_GENES], "{location} of {} differs", obs.index[row]);
        }
    }
    Ok(())
}

fn louvain(file: &H5ad) -> Result<Vec<String>> {
    let obs = file.obs()?;
    let column = obs.columns.iter().find(|(name, _)| name == "louvain");
    let Some((_, FrameColumn::Categorical { codes, categories, .. })) = column else { bail!("louvain is {column:?}") };
    Ok(codes.iter().map(|&code| categories.get(code as usize).cloned().unwrap_or_default()).collect())
}

/// The bits of all values, row after row.
fn dense(file: &H5ad, location: &MatrixLocation) -> Result<Vec<u32>> {
    let matrix = file.matrix(location)?;
    let info = matrix.info();
    let mut values = vec![0; info.n_rows * info.n_cols];
    for range in matrix.slabs(100_000) {
        let slab = matrix.read(range.clone())?;
        for (major, bounds) in range.zip(slab.indptr.windows(2)) {
            for at in bounds[0]..bounds[1] {
                let minor = slab.indices[at] as usize;
                let (row, column) = if info.storage == Storage::Csc { (minor, major) } else { (major, minor) };
                values[row * info.n_cols + column] = slab.data[at].to_bits();
            }
        }
    }
    Ok(values)
}
