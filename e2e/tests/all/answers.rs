//! Answers about a comparison: other tests, gene sets, further plots, a gene in both sets, each to the terminal's numbers
//! and restored from its link.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, N_CELLS, Page, Visit, data_lines, expect_same_lines};
use explorer_core::{
    de::Adjustment,
    format::{p_value, signed, significant},
    state::{ColorBy, ComparisonPlot, EnrichmentBy, TestMode},
};
use serde_json::{Value, json};

/// B cells against the rest, and monocytes against the rest.
const LINK: &str =
    "set0=B&set0.f.bulk_labels=CD19%2B%20B&set1=M&set1.f.bulk_labels=CD14%2B%20Monocyte&de0=B&de1=M&shown=0";

#[tokio::test]
async fn the_test_of_an_open_comparison_is_a_choice() -> Result<()> {
    Visit::start(Graphics::WebGpu, "tests_of_a_comparison").await?.run(tests).await
}

async fn tests(visit: &Visit) -> Result<()> {
    let page = visit.open(LINK).await?;
    page.until_exact("B against the rest").await?;
    for (label, fact, method) in [
        ("t-test, overestimated variance", "overestimated variance", "overestim-var"),
        ("Welch’s t-test as in CELLxGENE", "CELLxGENE-compatible", "cellxgene"),
    ] {
        page.choose("de-test", label).await?;
        page.until_text("de-facts", |facts| facts.contains(fact)).await?;
        expect_saved(&page, "de-export", &terminal(visit, "de", &["--method", method])?).await?;
    }
    // Ranks read every gene; how many bytes that is stands in the list before.
    let labels = "[...$('de-test').options].map(option => option.textContent)";
    let labels = page.evaluate(labels, Value::Null).await?;
    let labels: Vec<&str> = labels.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let ranks = |start: &str| {
        let label =
            labels.iter().find(|label| label.starts_with(start) && label.contains("(reads ") && label.ends_with("B)"));
        label.copied().with_context(|| format!("no test {start} with its bytes among {labels:?}"))
    };
    // While they are read the last answer stays, and the reading can be given up.
    visit.server.hold()?;
    page.choose("de-test", ranks("Wilcoxon rank-sum")?).await?;
    page.element("de-awaited").await?;
    page.until_text("de-facts", |facts| facts.contains("CELLxGENE-compatible")).await?;
    page.click("de-cancel").await?;
    page.until_gone("de-awaited").await?;
    visit.server.release()?;
    for (start, method, fact) in [
        ("Wilcoxon rank-sum", "wilcoxon", "rank-sum test, corrected for ties"),
        ("Wilcoxon, ties not", "wilcoxon-uncorrected", "not corrected for ties"),
    ] {
        page.choose("de-test", ranks(start)?).await?;
        page.until_text("de-facts", |facts| facts.contains(fact)).await?;
        expect_saved(&page, "de-export", &terminal(visit, "de", &["--method", method])?).await?;
    }
    page.until_text("de-sort-score", |heading| heading == "z").await?;
    page.choose("de-adjust", "Bonferroni").await?;
    let expected = terminal(visit, "de", &["--method", "wilcoxon-uncorrected", "--adjust", "bonferroni"])?;
    page.until_value("the adjustment", "$('de-adjust').value", Value::Null, |value| *value == json!("bonferroni"))
        .await?;
    let saved = expect_saved(&page, "de-export", &expected).await?;
    ensure!(saved.contains("# adjustment: Bonferroni"), "the file does not say how p-values are adjusted");
    // The interval of an effect stands in a column, with the ends that the terminal writes.
    let first = data_lines(&expected)[1].to_owned();
    let fields: Vec<&str> = first.split(',').collect();
    let interval = format!("$('de-row-{}').querySelector('.de-interval').textContent.trim()", fields[0]);
    let interval = page.evaluate(&interval, Value::Null).await?;
    let [low, high]: [f64; 2] = [fields[11].parse()?, fields[12].parse()?];
    ensure!(interval.as_str() == Some(&format!("{} to {}", signed(low), signed(high))), "{interval} of {first}");
    page.expect_accessible("a comparison by ranks").await?;
    visit.browser.shoot("ranks")?;

    let shown = page.view().await?.shown_comparison().cloned().context("no comparison is open")?;
    ensure!((shown.mode, shown.adjustment) == (TestMode::WilcoxonUncorrected, Adjustment::Bonferroni), "{shown:?}");
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    page.until_exact("B against the rest").await?;
    expect_saved(&page, "de-export", &expected).await?;
    Ok(())
}

#[tokio::test]
async fn gene_sets_of_a_comparison_are_those_of_the_terminal() -> Result<()> {
    Visit::start(Graphics::WebGpu, "sets_of_a_comparison").await?.run(sets).await
}

async fn sets(visit: &Visit) -> Result<()> {
    let page = visit.open(&format!("{LINK}&gs0=B%20genes&gs0.g=CD79A,CD79B,MS4A1&gs1=T&gs1.g=CD3D,CD3E")).await?;
    page.until_exact("B against the rest").await?;
    page.click("de-show-sets").await?;
    // The user's own sets.
    page.element("sets-row-B genes").await?;
    page.until_text("sets-note", |note| note.contains("higher in the group")).await?;
    // Those of a file, by both questions.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tile-server/tests/golden/sets.gmt").canonicalize()?;
    let sets = file.to_string_lossy().into_owned();
    page.write("sets-file", &sets).await?;
    page.element("sets-row-B_CELLS").await?;
    let chosen = terminal(visit, "enrich", &["--sets", &sets])?;
    expect_saved(&page, "sets-export", &chosen).await?;
    expect_row(&page, &chosen, "B_CELLS").await?;
    page.choose("sets-direction", "lower in the group").await?;
    page.until_text("sets-note", |note| note.contains("lower in the group")).await?;
    expect_saved(&page, "sets-export", &terminal(visit, "enrich", &["--sets", &sets, "--direction", "down"])?).await?;
    visit.browser.shoot("chosen")?;
    page.choose("sets-by", "Ranked (GSEA)").await?;
    page.until_text("sets-note", |note| note.contains("Ranked by score")).await?;
    let ranked = terminal(visit, "enrich", &["--sets", &sets, "--by", "ranking"])?;
    expect_saved(&page, "sets-export", &ranked).await?;
    // Another order, by a press on its heading.
    page.click("sets-sort-genes").await?;
    let n_genes = |line: &&str| line.split(',').nth(1).and_then(|n_genes| n_genes.parse::<u32>().ok());
    let sets_of_file = data_lines(&ranked);
    let most = sets_of_file[1..].iter().copied().max_by_key(n_genes);
    let most = most.and_then(|line| line.split(',').next()).context("a set")?;
    let first = "document.querySelector('.sets-table tbody th button').textContent";
    page.until_value("the largest set", first, Value::Null, |first| *first == json!(most)).await?;
    page.expect_accessible("gene sets of a comparison").await?;
    visit.browser.shoot("ranked")?;
    // A press on a set colors by it, and it is the user's from then on.
    page.evaluate("document.querySelector('[data-testid=\"sets-row-EVERY_17\"] th button').click()", Value::Null)
        .await?;
    page.legend("EVERY_17").await?;
    page.element("gene-set-EVERY_17").await?;
    let view = page.view().await?;
    ensure!(
        matches!(&view.analysis.color, ColorBy::GeneSet { set, .. } if set == "EVERY_17"),
        "{:?}",
        view.analysis.color
    );
    page.evaluate("document.querySelector('[data-testid=\"sets-row-EVERY_17\"] [data-make]').click()", Value::Null)
        .await?;
    page.element("gene-set-EVERY_17 in B against the rest").await?;

    // The link has the question, and the user's own sets answer it.
    let asked = page.view().await?.layout.comparison.sets.context("the link does not say sets")?;
    ensure!(asked.by == EnrichmentBy::Ranking, "{asked:?}");
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    page.element("sets-row-EVERY_17").await?;
    page.until_text("sets-note", |note| note.contains("Ranked by score")).await?;
    Ok(())
}

#[tokio::test]
async fn further_plots_of_a_comparison_show_its_numbers() -> Result<()> {
    Visit::start(Graphics::WebGpu, "plots_of_a_comparison").await?.run(plots).await
}

async fn plots(visit: &Visit) -> Result<()> {
    let page = visit.open(&format!("{LINK}&genes=LYZ")).await?;
    page.until_exact("B against the rest").await?;
    let expected = terminal(visit, "de", &[])?;
    // Mean against effect. A gene of the list has its name in both plots.
    let named = "[...document.querySelectorAll('.volcano-label.chosen')].map(label => label.textContent)";
    page.until_value("the chosen gene", named, Value::Null, |names| *names == json!(["LYZ"])).await?;
    // The picture is saved with its numbers, of shapes and of pixels.
    page.click("de-plot-save").await?;
    page.click("de-plot-svg").await?;
    let (name, svg) = page.download_text().await?;
    let n_significant = significant_genes(&expected)?.len();
    let counts = ["higher", "lower"].map(|side| {
        let count = svg.split(&format!(">{side}: ")).nth(1).and_then(|rest| rest.split('<').next());
        count.and_then(|count| count.parse::<usize>().ok()).unwrap_or_default()
    });
    ensure!(
        name.ends_with(" volcano.svg") && svg.contains(">LYZ</text>") && counts[0] + counts[1] == n_significant,
        "{name}: {counts:?} of {n_significant} genes in {svg}"
    );
    page.click("de-plot-save").await?;
    page.click("de-plot-png-2").await?;
    let (name, png) = page.download().await?;
    ensure!(name.ends_with(" volcano.png") && png.starts_with(b"\x89PNG"), "{name}");
    let pixels =
        [16, 20].map(|at| png.get(at..at + 4).and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?))));
    let in_svg = [3, 5].map(|at| svg.split('"').nth(at).and_then(|size| Some(2 * size.parse::<u32>().ok()?)));
    ensure!(pixels == in_svg && pixels[0].is_some(), "{pixels:?} pixels of {in_svg:?}");
    page.choose("de-plot", "MA: mean and effect").await?;
    page.until_value("the chosen gene", named, Value::Null, |names| *names == json!(["LYZ"])).await?;
    let plot = page.rect("de-volcano").await?;
    let upper = [[plot.width * 0.2, 14.0], [plot.width * 0.6, 30.0], [plot.width - 8.0, plot.height * 0.4]];
    page.drag("de-volcano", &upper, e2e::Held::Nothing).await?;
    let up = "[...document.querySelectorAll('.de-row .de-effect')].every(cell => cell.textContent.startsWith('+'))";
    page.until_text("de-count", |text| text.ends_with(" of 765 genes")).await?;
    page.until_value("effects above zero", up, Value::Null, |all| *all == json!(true)).await?;
    page.click("de-clear-brush").await?;
    visit.browser.shoot("ma")?;

    // Effects in two comparisons: as many genes of each kind as the two tables have.
    page.choose("de-plot", "Effects in two comparisons").await?;
    page.until_text("de-agreement", |text| text.contains(" in both, ")).await?;
    let other = terminal_of(visit, "de", "bulk_labels=CD14+ Monocyte", &[])?;
    let agreement = page.text("de-agreement").await?;
    let (this, other) = (significant_genes(&expected)?, significant_genes(&other)?);
    let n_both = this.iter().filter(|gene| other.contains(gene)).count();
    let told = format!("{} only here · {} only there · {n_both} in both, ", this.len() - n_both, other.len() - n_both);
    ensure!(agreement.starts_with(&told), "“{agreement}” instead of “{told}…”");
    page.click("de-plot-save").await?;
    page.click("de-plot-csv").await?;
    let (_, saved) = page.download_text().await?;
    let n_saved = data_lines(&saved).iter().filter(|line| line.split(',').nth(5) == Some("both")).count();
    ensure!(n_saved == n_both, "{n_saved} lines of {n_both} genes");
    visit.browser.shoot("effects")?;

    // One gene in both sets, from its row.
    page.write("de-search", "CD79A").await?;
    page.element("de-row-CD79A").await?;
    page.click("de-spread-CD79A").await?;
    page.until_text("de-spread", |text| text.contains("CD79A in both sets")).await?;
    let cells = "[...document.querySelectorAll('[data-testid=\"de-spread-table\"] tbody tr')]\
         .map(row => [...row.children].map(cell => cell.textContent))";
    let rows = page.evaluate(cells, Value::Null).await?;
    let line = expected.lines().find(|line| line.starts_with("CD79A,")).context("no line of CD79A")?;
    let mean =
        |at: usize| -> Result<String> { Ok(significant(line.split(',').nth(at).context("a mean")?.parse()?, 3)) };
    ensure!(rows[0][0] == "B" && rows[0][2] == "95" && rows[0][3] == mean(5)?.as_str(), "{rows}, and {line}");
    ensure!(rows[1][0] == "the rest" && rows[1][2] == "605" && rows[1][3] == mean(6)?.as_str(), "{rows}, and {line}");
    page.expect_accessible("a gene in both sets").await?;
    visit.browser.shoot("gene")?;
    let shown = page.view().await?.layout.comparison;
    ensure!((shown.plot, shown.gene.as_deref()) == (ComparisonPlot::Gene, Some("CD79A")), "{shown:?}");
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    page.until_text("de-spread", |text| text.contains("CD79A in both sets")).await?;
    page.choose("de-plot", "Effects in two comparisons").await?;
    page.until_text("de-agreement", |text| text.starts_with(&told)).await?;
    Ok(())
}

/// Genes with an adjusted p-value of at most 0.05.
fn significant_genes(csv: &str) -> Result<Vec<String>> {
    let mut genes = Vec::new();
    for line in &data_lines(csv)[1..] {
        let fields: Vec<&str> = line.split(',').collect();
        let pval_adj: f64 = fields[4].parse()?;
        if pval_adj <= 0.05 {
            genes.push(fields[0].to_owned());
        }
    }
    Ok(genes)
}

/// The row of a set has the file's numbers: its genes, hits, how many times as many that is as by chance, p and adjusted p.
async fn expect_row(page: &Page<'_>, csv: &str, set: &str) -> Result<()> {
    let line = csv.lines().find(|line| line.starts_with(&format!("{set},"))).context("no line of the set")?;
    let fields: Vec<&str> = line.split(',').collect();
    let number = |at: usize| -> Result<f64> { Ok(fields[at].parse()?) };
    let expected = [
        fields[1].to_owned(),
        fields[2].to_owned(),
        significant(number(4)?, 3),
        p_value(number(7)?),
        p_value(number(6)?.log10()),
    ];
    let cells = format!("[...$('sets-row-{set}').children].slice(1, 6).map(cell => cell.textContent)");
    let cells = page.evaluate(&cells, Value::Null).await?;
    ensure!(cells == json!(expected), "{cells} of {line}");
    Ok(())
}

/// The file that a button saves has the terminal's lines; gives it.
async fn expect_saved(page: &Page<'_>, button: &str, expected: &str) -> Result<String> {
    page.click(button).await?;
    let (_, saved) = page.download_text().await?;
    expect_same_lines(&saved, expected)?;
    Ok(saved)
}

/// What a command writes for B cells against the rest.
fn terminal(visit: &Visit, command: &str, arguments: &[&str]) -> Result<String> {
    terminal_of(visit, command, "bulk_labels=CD19+ B", arguments)
}

fn terminal_of(visit: &Visit, command: &str, group: &str, arguments: &[&str]) -> Result<String> {
    visit.terminal(command, &[&["--group", group], arguments].concat())
}
