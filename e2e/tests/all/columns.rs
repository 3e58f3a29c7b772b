//! Columns as they are meant: their order, what their labels are made of, numbers as labels, and what a search does.

use anyhow::{Context as _, Result, ensure};
use e2e::{N_SMALL_CELLS, SMALL, Visit, count, small_visit};
use explorer_core::{
    format::short,
    state::{ColorBy, Label, LabelFilter, ObsFilter},
};
use serde_json::{Value, json};

/// The labels of `age_group` in the order that the file gives them, which is not that of the alphabet.
const AGE_GROUPS: [&str; 4] = ["child", "adolescent", "adult", "aged"];

#[tokio::test]
async fn columns_are_what_they_are_meant_to_be() -> Result<()> {
    small_visit("columns").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();
    let open = async |link: &str| {
        page.goto(&format!("{}/d/{SMALL}#{link}", visit.server.address())).await?;
        page.until_drawn(N_SMALL_CELLS).await
    };
    open("c=obs:age_group&open=age_group,tissue&v=1").await?;
    let truth = visit.truth()?;

    // An ordered column has its order in the sidebar and in the legend.
    let ages = truth.labels("age_group")?;
    let legend = page.legend("age_group").await?;
    ensure!(legend.iter().map(|(label, _)| label.as_str()).eq(AGE_GROUPS), "the legend lists {legend:?}");
    let rows = page.label_counts("age_group").await?;
    ensure!(rows.iter().map(|row| row.0.as_str()).eq(AGE_GROUPS), "the sidebar lists {rows:?}");

    // The bar of another column's label is divided as its cells are.
    let tissues = truth.labels("tissue")?;
    let tissue = tissues.first().context("there are cells")?;
    let row = format!("value-tissue-{tissue}");
    let of_tissue: Vec<usize> = (0..N_SMALL_CELLS).filter(|&cell| tissues[cell] == *tissue).collect();
    let n_parts = AGE_GROUPS.iter().filter(|group| of_tissue.iter().any(|&cell| ages[cell] == **group)).count();
    let parts = "new Set($(a).querySelector('.value-bar-selected').style.background.match(/rgb\\([^)]*\\)/g)).size";
    page.until_value("a divided bar", parts, json!(row), |parts| *parts == n_parts).await?;

    // A gene gives labels means; a search's Enter shows the gene.
    let gene = truth.gene_name(0)?;
    page.write("gene-search", &gene).await?;
    page.element(&format!("gene-hit-{gene}")).await?;
    page.write("gene-search", "\u{e007}").await?;
    let values = truth.gene(&gene)?;
    let mean = of_tissue.iter().map(|&cell| f64::from(values[cell])).sum::<f64>() / of_tissue.len() as f64;
    let shown = short(mean, 3);
    let mean_of = "$(a).querySelector('.value-mean')?.textContent";
    page.until_value("the mean of a label", mean_of, json!(row), |mean| mean.as_str() == Some(&shown)).await?;
    page.click("category-menu-tissue").await?;
    page.click("category-sort-mean-tissue").await?;
    let means = "[...$('category-tissue').querySelectorAll('.value-row:not(.missing) .value-mean')]\
                 .map(mean => parseFloat(mean.textContent.replace('−', '-')))";
    let falls = |means: &Value| {
        let means: Vec<f64> = means.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        means.len() > 1 && means.is_sorted_by(|a, b| a >= b)
    };
    page.until_value("labels in the order of their means", means, Value::Null, falls).await?;
    visit.browser.shoot("means")?;

    // A search of columns colors by what it finds, or selects the label.
    page.write("column-search", "days\u{e007}").await?;
    let color = page.view().await?.analysis.color;
    ensure!(color == ColorBy::Obs("days_since_onset".to_owned()), "colored by {color:?}");
    page.write("column-search", &format!("\u{e009}a\u{e000}{tissue}\u{e007}")).await?;
    page.until_selected(of_tissue.len(), N_SMALL_CELLS).await?;
    page.click("clear-filters").await?;
    page.until_selected(N_SMALL_CELLS, N_SMALL_CELLS).await?;
    page.write("column-search", "\u{e009}a\u{e000}days").await?;

    // Whole numbers as labels: they filter, and a link keeps both.
    page.histogram("days_since_onset").await?;
    page.click("histogram-labels-days_since_onset").await?;
    page.click("category-expand-days_since_onset").await?;
    let days = truth.values("days_since_onset")?;
    let day = days.iter().copied().find(|day| day.is_finite()).context("somebody fell ill")?;
    let of_day = count(&days, |&other| other == day);
    page.only("days_since_onset", &day.to_string()).await?;
    page.until_selected(of_day, N_SMALL_CELLS).await?;
    visit.browser.shoot("numbers as labels")?;
    let view = page.view().await?;
    let only = LabelFilter::Only([Label::named(day.to_string())].into());
    let filter = view.analysis.query.filters.obs.get("days_since_onset");
    ensure!(filter == Some(&ObsFilter::Labels(only)), "the link filters by {filter:?}");
    let link = page.link().await?;
    page.goto("about:blank").await?;
    open(&link).await?;
    page.until_selected(of_day, N_SMALL_CELLS).await?;
    page.element(&format!("value-days_since_onset-{day}")).await?;
    page.click("category-menu-days_since_onset").await?;
    page.click("category-numbers-days_since_onset").await?;
    page.until_selected(N_SMALL_CELLS, N_SMALL_CELLS).await?;

    // A sidebar is as wide as keys make it.
    page.write("edge-left", "\u{e014}\u{e014}").await?;
    page.until_value("a wider sidebar", "$('edge-left').ariaValueNow", Value::Null, |now| now == "328").await?;
    let layout = page.view().await?.layout;
    ensure!(layout.left_px == Some(328), "the link has the sidebar {:?} wide", layout.left_px);
    page.expect_no_overflow("with a wide sidebar").await
}
