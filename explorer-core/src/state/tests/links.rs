//! Links: what is written is read.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;

use crate::de::Adjustment;
use crate::state::link::{LONG_LINK_BYTES, Notice, ParsedLink};
use crate::state::strategies::{cell_set, view};
use crate::state::*;

/// A view by the actions that lead to it.
fn view_after(actions: impl IntoIterator<Item = Action>) -> ViewSpec {
    actions.into_iter().fold(AppState::default(), reduce).view
}

fn notices(link: &str) -> Vec<String> {
    ViewSpec::from_link(link).notices.iter().map(Notice::to_string).collect()
}

#[test]
fn hundreds_of_sets_and_comparisons_are_read() {
    let n_sets = 300;
    let sets = (0..n_sets).map(|at| format!("set{at}=s{}&de{at}=s{at}&gs{at}=g{at}", at % (n_sets - 1)));
    let parsed = ViewSpec::from_link(&sets.collect::<Vec<_>>().join("&"));
    let analysis = &parsed.view.analysis;
    // The last set has a name that is taken, and its comparison goes with it.
    assert_eq!((analysis.cell_sets.len(), analysis.gene_sets.len()), (n_sets - 1, n_sets));
    assert_eq!((analysis.comparisons.len(), parsed.notices.len()), (n_sets - 1, 2));
}

#[test]
fn links_read_like_what_they_say() {
    let labels = |column: &str, filter| Action::SetLabels { column: column.to_owned(), filter };
    let hidden = [Label::named("B cells"), Label::Missing].into_iter().collect();
    let shown = [Label::named("G1"), Label::named("S")].into_iter().collect();
    let view = view_after([
        Action::OpenDataset("pbmc68k".to_owned()),
        Action::SetEmbedding { panel: PanelIdx::FIRST, embedding: Some("X_umap".to_owned()) },
        Action::SetCamera { panel: PanelIdx::FIRST, camera: Camera::new(1.25, -3.0, 12.345_678) },
        Action::SetColor(ColorBy::Obs("louvain".to_owned())),
        labels("louvain", LabelFilter::Hide(hidden)),
        labels("phase", LabelFilter::Only(shown)),
        Action::SetRange { column: "n_genes".to_owned(), range: Range::new(200.0, f32::INFINITY) },
        Action::SetGeneRange { gene: GeneKey::new("CD3D"), range: Range::new(0.5, 3.0) },
        Action::AddGenes(vec!["CD3D".to_owned(), "MS4A1".to_owned()]),
        Action::SetTheme(Theme::Dark),
    ]);
    assert_eq!(
        view.to_link(),
        "d=pbmc68k&e=X_umap&cam=1.25,-3,12.346&c=obs:louvain&f.louvain=-B%20cells,~m\
         &r.n_genes=200..inf&f.phase=G1,S&g.CD3D=0.5..3&genes=CD3D,MS4A1&theme=dark&v=1"
    );
    assert_eq!(ViewSpec::default().to_link(), "v=1");
}

#[test]
fn links_hold_two_genes_what_is_on_top_and_cells_one_by_one() {
    let color_options = ColorOptions { order: CellOrder::Lowest, ..ColorOptions::default() };
    let cells = CellList::new([1, 2, 3].into());
    let view = view_after([
        Action::SetColor(ColorBy::TwoGenes { genes: ["A,B", "C"].map(str::to_owned), layer: Some("raw/X".to_owned()) }),
        Action::SetColorOptions(color_options),
        Action::AddAndSelectCellSet(CellSet { name: "few".to_owned(), source: CellSource::Cells(cells.clone()) }),
    ]);
    let link = view.to_link();
    assert!(link.starts_with("c=genes:raw/X:A~,B,C&corder=lowest&k.cells="), "{link}");
    let read = ViewSpec::from_link(&link).view;
    assert_eq!((read.analysis.query.filters.cells.as_ref(), &read), (Some(&cells), &view));
    assert!(ColorBy::from_text("genes:A").is_none() && ColorBy::from_text("genes:A,B,C").is_none());
}

#[test]
fn a_link_says_what_it_was_made_for() {
    let view = view_after([Action::SetColor(ColorBy::Obs("louvain".to_owned()))]);
    let link = view.to_link_for("0f3a5c7e9b1d");
    assert_eq!(link, "c=obs:louvain&of=0f3a5c7e9b1d&v=1");
    let read = ViewSpec::from_link(&link);
    assert_eq!((&read.view, read.notice_for("0f3a5c7e9b1d")), (&view, None));
    let notice = read.notice_for("ffffffffffff").expect("it is another dataset");
    assert!(notice.to_string().contains("held something else"), "{notice}");
    // Old links do not say, and a view with nothing chosen has nothing to say it of.
    assert_eq!(ViewSpec::from_link("c=obs:louvain&v=1").notice_for("ffffffffffff"), None);
    assert_eq!(ViewSpec::default().to_link_for("0f3a5c7e9b1d"), "v=1");
}

#[test]
fn outlines_survive_links_wherever_the_origin_is() {
    for origin in [(0.0, 0.0), (1.49e7, 6.89e6), (1e9, 3e9), (-1e9, 1e-3)] {
        let corners = [(-20.25, -11.0), (31.5, -8.75), (4.0, 27.125)].map(|(x, y)| (origin.0 + x, origin.1 + y));
        let polygon = Polygon::from_path(&corners, 0.0).expect("it encloses an area");
        let select = Action::Select { embedding: "spatial".to_owned(), mode: SelectMode::Replace, polygon };
        let view = view_after([select]);
        let read = ViewSpec::from_link(&view.to_link()).view;
        assert_eq!(read, view);
        let selection = &read.analysis.query.filters.selections["spatial"];
        let [SelectionStep::Add(outline)] = selection.steps() else { panic!("one outline expected") };
        for (corner, drawn) in outline.points().zip(corners) {
            // A grid of 1/4096 of the extent; below that f64 keeps 2^-20 at 3e9.
            assert!((corner.0 - drawn.0).abs() < 0.01 && (corner.1 - drawn.1).abs() < 0.01, "{corner:?} {drawn:?}");
        }
    }
}

#[test]
fn empty_lists_and_empty_names_differ() {
    let only = |link: &str| match ViewSpec::from_link(link).view.analysis.query.filters.obs.get("x") {
        Some(ObsFilter::Labels(LabelFilter::Only(labels))) => labels.iter().cloned().collect(),
        _ => vec![Label::named("not this form")],
    };
    assert_eq!(only("f.x="), []);
    assert_eq!(only("f.x=~e"), [Label::named("")]);
    assert_eq!(only("f.x=~m"), [Label::Missing]);
    assert_eq!(only("f.x=~~m"), [Label::named("~m")]);
    assert_eq!(only("f.x=~-a"), [Label::named("-a")]);
    assert_eq!(only("f.x=a~,b,c"), [Label::named("a,b"), Label::named("c")]);
}

#[test]
fn a_question_mark_or_hash_may_lead() {
    for link in ["e=X_umap", "?e=X_umap", "#e=X_umap", "#&&e=X_umap&"] {
        let read = ViewSpec::from_link(link);
        assert_eq!(read.view.panels.first().embedding(), Some("X_umap"), "{link}");
        assert!(read.notices.is_empty());
    }
}

#[test]
fn bad_values_are_reported_and_the_rest_is_kept() {
    let read = ViewSpec::from_link(
        "e=X_umap&cam=1,2&c=size:3&r.n_genes=low..high&g.CD3D=3..1&s.X_umap=aAA&crange=NaN..1\
         &clip=90..10&clog=yes&tool=hammer&theme=pink&size=big&u0.r.x=1&unknown=1&utm_source=mail\
         &de0=a:b&de1.mode=best&gs0.g=CD3D&set0.f.x=a&set1=s&set1.cells=AAAA&f.%FF=1&shown=x&v=one",
    );
    assert_eq!(read.view.panels.first().embedding(), Some("X_umap"));
    let panel = Panel { kind: PanelKind::Embedding(Some("X_umap".to_owned())), ..Panel::default() };
    let rest = ViewSpec { analysis: Analysis::default(), ..read.view.clone() };
    assert_eq!(rest, ViewSpec { panels: Panels::new(vec![panel]).unwrap(), ..ViewSpec::default() });
    assert!(read.view.analysis.query.is_empty() && read.view.analysis.cell_sets.is_empty());
    assert_eq!(read.notices.len(), 20, "{:#?}", read.notices);
    assert_eq!(
        read.notices[0].to_string(),
        "The link says something unreadable about the camera (“1,2”): it was left out."
    );
}

#[test]
fn a_newer_version_is_named() {
    assert_eq!(
        notices("v=2&e=X_umap"),
        ["This link was made by a newer version of the Explorer (link format 2, this page reads \
          1): parts of the view may be missing."]
    );
    assert!(notices("v=1").is_empty() && notices("e=X_umap").is_empty());
}

#[test]
fn a_set_of_which_a_part_is_unreadable_is_left_out_with_its_comparisons() {
    let read = ViewSpec::from_link("set0=a&set0.f.x=b&set0.r.y=?&set1=c&de0=c&de1=c:a&shown=1&v=1");
    let names: Vec<_> = read.view.analysis.cell_sets.iter().map(|set| &set.name).collect();
    assert_eq!(names, ["c"]);
    assert_eq!(read.view.analysis.comparisons.len(), 1);
    assert_eq!(read.view.layout.result, None);
    let notices: Vec<_> = read.notices.iter().map(Notice::to_string).collect();
    assert_eq!(
        notices,
        [
            "The link says something unreadable about the filter on “y” of a cell set (“?”): it \
             was left out.",
            "The link compares “c” with “a”, but does not hold these as two cell sets: it was \
             left out.",
        ]
    );
}

#[test]
fn a_freehand_lasso_fits_a_link() {
    let path: Vec<_> = (0..600)
        .map(|at| f64::from(at) * std::f64::consts::TAU / 600.0)
        .map(|angle| (angle, 3.0 + 0.4 * (5.0 * angle).sin()))
        .map(|(angle, radius)| (7.3 + radius * angle.cos(), -2.1 + radius * angle.sin()))
        .collect();
    let polygon = Polygon::from_path(&path, 0.005).unwrap();
    let select = Action::Select { embedding: "X_umap".to_owned(), mode: SelectMode::Replace, polygon };
    let link = view_after([select]).to_link();
    assert!(link.len() < 600, "{}", link.len());
    assert!(link.len() < LONG_LINK_BYTES);
}

/// The link as a program would leave it that takes it apart and puts it together anew.
fn rewritten(link: &str) -> String {
    let form = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8().unwrap();
        utf8_percent_encode(&decoded, NON_ALPHANUMERIC).to_string().replace("%20", "+")
    };
    let pairs: Vec<_> = link
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(key, value)| format!("{}={}", form(key), form(value)))
        .collect();
    pairs.join("&")
}

#[test]
fn what_is_shown_of_a_comparison_goes_by_the_keys_of_the_link() {
    let sets = "set0=a&set0.f.x=1&set1=b&set1.f.x=2";
    let shown = |rest: &str| ViewSpec::from_link(&format!("{sets}&de3=a&de7=b&shown=3&{rest}"));
    let link = shown("de.plot=effects&de.with=7&de.sets=chosen&de.sets.direction=both&de.sets.pval=1e-3");
    let chosen = ChosenGenes { direction: ChosenDirection::Both, max_pval: 1e-3, ..ChosenGenes::default() };
    let sets = Some(Enrichment { by: EnrichmentBy::Chosen, chosen });
    let expected = ComparisonView { plot: ComparisonPlot::Effects, with: Some(1), gene: None, sets };
    assert_eq!((link.view.layout.comparison, link.notices), (expected, Vec::new()));
    assert_eq!(shown("de.with=4").view.layout.comparison.with, None);
    assert_eq!(shown("de.plot=pie&de.sets.pval=-1").notices.len(), 2);
}

#[test]
fn tests_and_adjustments_have_names_of_their_own() {
    for mode in TestMode::ALL {
        assert_eq!(TestMode::from_name(mode.name()), Some(mode));
        assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
    }
    for adjustment in Adjustment::ALL {
        assert_eq!(serde_json::to_value(adjustment).unwrap(), adjustment.name());
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(view in view()) {
        let link = view.to_link();
        let read = ViewSpec::from_link(&link);
        prop_assert!(read.notices.is_empty(), "{:?} in {}", read.notices, link);
        prop_assert_eq!(&read.view, &view.canonical(), "{}", link);
        prop_assert_eq!(read.view.to_link(), link);
    }

    #[test]
    fn the_canonical_form_is_one(view in view()) {
        let canonical = view.canonical();
        prop_assert_eq!(canonical.clone().canonical(), canonical);
    }

    #[test]
    fn links_hold_only_what_every_program_leaves_alone(view in view()) {
        let link = view.to_link();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~,:/%&=".contains(&byte);
        prop_assert!(link.bytes().all(plain), "{}", link);
        prop_assert!(link.ends_with("v=1"));
    }

    #[test]
    fn links_survive_being_encoded_anew(view in view()) {
        let link = view.to_link();
        prop_assert_eq!(ViewSpec::from_link(&rewritten(&link)), ViewSpec::from_link(&link));
    }

    #[test]
    fn any_text_is_read(link in prop_oneof![
        any::<String>(),
        "((u0\\.|set[01]\\.)?[frgs]\\.[a~:]?|cam|c|clip|set[01](\\.cells)?|de[01]|gs0(\\.g)?|v)=[-a~,:.0-9AiI%&]{0,12}(&(shown|de0|set0|crange)=[-.,:a0-9]{0,6}){0,3}",
    ]) {
        let read = ViewSpec::from_link(&link);
        prop_assert_eq!(&read.view.clone().canonical(), &read.view);
        prop_assert_eq!(ViewSpec::from_link(&read.view.to_link()).view, read.view);
    }

    #[test]
    fn a_link_cut_anywhere_is_read(view in view(), cut in 0.0..1.0_f64) {
        let link = view.to_link();
        let end = (cut * link.len() as f64) as usize;
        let read = ViewSpec::from_link(&link[..end]);
        prop_assert_eq!(&read.view.clone().canonical(), &read.view);
    }
}

#[test]
fn a_long_list_of_cells_is_in_a_link_only_where_a_comparison_takes_it() {
    let list = |n_cells: u32| CellSource::Cells(CellList::new((0..n_cells).map(|cell| cell * 7).collect()));
    let add = |name: &str, source| Action::AddCellSet(CellSet { name: name.to_owned(), source });
    let view = view_after([add("few", list(400)), add("many", list(4_000)), add("compared", list(4_001))]);
    let names = |view: &ViewSpec| view.analysis.cell_sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>();
    let read = |view: &ViewSpec| names(&ViewSpec::from_link(&view.to_link()).view);
    assert_eq!(read(&view), ["few"]);
    let beyond: Vec<&str> = view.sets_beyond_link().into_iter().map(|set| set.name.as_str()).collect();
    assert_eq!(beyond, ["many", "compared"]);
    let comparison = Comparison {
        group: "compared".to_owned(),
        reference: Reference::Rest,
        mode: TestMode::Welch,
        adjustment: Adjustment::default(),
        layer: None,
        universe: Vec::new(),
    };
    let asked = reduce(AppState { view, ..AppState::default() }, Action::Compare(comparison)).view;
    assert_eq!(read(&asked), ["few", "compared"]);
    assert!(ViewSpec::from_link(&asked.to_link()).view.shown_comparison().is_some());
}

#[test]
fn a_view_with_two_outlines_and_a_comparison_has_a_short_link() {
    // A lasso drawn by hand: 60 corners on a wobbly ring, after the picture has left out what lies on a line.
    let ring = |phase: f64| {
        let corner = |at: u32| {
            let (turn, radius) = (f64::from(at) / 60.0 * std::f64::consts::TAU, 3.0 + (f64::from(at) * phase).sin());
            (radius * turn.cos(), radius * turn.sin())
        };
        Polygon::from_path(&(0..60).map(corner).collect::<Vec<_>>(), 0.01).expect("it has an area")
    };
    let select = |mode, phase| Action::Select { embedding: "X_umap".to_owned(), mode, polygon: ring(phase) };
    let query = view_after([select(SelectMode::Replace, 1.3), select(SelectMode::Add, 0.7)]).analysis.query;
    let set = CellSet { name: "lasso".to_owned(), source: CellSource::Query(query) };
    let view = view_after([
        select(SelectMode::Replace, 1.3),
        Action::SetColor(ColorBy::Gene(GeneKey::new("ENSG00000167286"))),
        Action::CompareWithRest { set, mode: TestMode::Welch, layer: None },
    ]);
    let link = view.to_link_for("0f3a5c7e9b1d");
    assert!(link.len() < LONG_LINK_BYTES / 8, "{} bytes: {link}", link.len());
    assert_eq!(ViewSpec::from_link(&link).view, view);
}

proptest! {
    #[test]
    fn cell_sets_are_kept_as_texts(set in cell_set().prop_filter("one with a name", |set| !set.name.is_empty())) {
        let canonical = view_after([Action::AddCellSet(set)]).analysis.cell_sets.remove(0);
        prop_assert_eq!(CellSet::from_text(&canonical.to_text()), Some(canonical.clone()));
        prop_assert_eq!(CellSet::from_text(&format!("{}&set1=other", canonical.to_text())), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// However many items actions lead to.
    #[test]
    fn what_is_written_of_a_large_view_is_read(
        (n_genes, n_columns, n_levels) in (0..700_usize, 0..700_usize, 0..40_usize),
        (n_gene_sets, n_cell_sets, n_comparisons) in (0..500_usize, 0..500_usize, 0..500_usize),
    ) {
        let name = |at: usize| format!("n{at}");
        let column = |at: usize| Action::SetRange { column: name(at), range: Range::new(0.0, 1.0) };
        let gene_set = |at: usize| GeneSet { name: name(at), description: name(at), genes: vec![name(at)] };
        let cell_set = |at: usize| CellSet { name: name(at), source: CellSource::Query(CellQuery::default()) };
        let comparison = |at: usize| Comparison {
            group: name(at),
            reference: Reference::Rest,
            mode: TestMode::Welch,
            adjustment: Adjustment::default(),
            layer: None,
            universe: Vec::new(),
        };
        let view = view_after(
            [Action::AddGenes((0..n_genes).map(name).collect())]
                .into_iter()
                .chain((0..n_columns).flat_map(|at| [Action::ToggleExpanded(name(at)), Action::ToggleAsLabels(name(at))]))
                .chain((0..n_levels).flat_map(|at| [column(at), Action::Subset]))
                .chain([Action::AddGeneSets((0..n_gene_sets).map(gene_set).collect())])
                .chain((0..n_cell_sets).map(|at| Action::AddCellSet(cell_set(at))))
                .chain((0..n_comparisons).map(|at| Action::Compare(comparison(at)))),
        );
        prop_assert_eq!(&view.clone().canonical(), &view);
        let link = view.to_link_for("0f3a5c7e9b1d");
        let read = ViewSpec::from_link(&link);
        prop_assert!(read.notices.is_empty(), "{:?}", read.notices);
        let (of_link, of_view) = (&read.view.analysis, &view.analysis);
        prop_assert_eq!((&of_link.query, &of_link.genes), (&of_view.query, &of_view.genes));
        let has_all = link.split('&').count() < 990;
        prop_assert!(!has_all || read.view == view);
        let n_sets = of_link.cell_sets.len() + view.sets_beyond_link().len();
        prop_assert_eq!(n_sets, of_view.cell_sets.len());
        prop_assert!(of_link.comparisons.iter().all(|comparison| of_view.comparisons.contains(comparison)));
    }
}

#[test]
fn a_link_of_many_parts_is_read_in_part_and_says_so() {
    let parts = |n: usize| (0..n).map(|at| format!("f.c{at}=a")).collect::<Vec<_>>().join("&");
    assert_eq!(ViewSpec::from_link(&parts(1_000)).view.analysis.query.filters.obs.len(), 1_000);
    let read = ViewSpec::from_link(&parts(4_000));
    assert_eq!(read.view.analysis.query.filters.obs.len(), 1_000);
    let told = "The link has 4,000 parts, more than a view can have: those after the first 1,000 were left out.";
    assert_eq!(notices(&parts(4_000)), [told]);

    let sets = (0..20_000).map(|at| format!("set{at}=s{at}&de{at}=s{at}&gs{at}=g{at}"));
    let parsed = ViewSpec::from_link(&sets.collect::<Vec<_>>().join("&"));
    let analysis = &parsed.view.analysis;
    assert_eq!((analysis.cell_sets.len(), analysis.comparisons.len(), analysis.gene_sets.len()), (334, 333, 333));
    assert_eq!(parsed.notices.len(), 1);
}

#[test]
fn a_long_link_of_any_kind_asks_for_few_data_and_says_what_it_left_out() {
    let many = |item: &dyn Fn(usize) -> String, separator: &str| {
        let mut text = String::new();
        for at in 0.. {
            if text.len() >= 150_000 {
                break;
            }
            text += &item(at);
            text += separator;
        }
        text
    };
    let names = |key: &str| format!("{key}={}", many(&|at| format!("name{at}"), ","));
    let levels = |prefix: &str| many(&|at| format!("{prefix}u{at}.r.n{at}=0..1"), "&");
    let links = [
        names("genes"),
        names("open"),
        names("aslabels"),
        levels(""),
        format!("{}&markers=louvain", levels("markers.")),
        format!("{}&ask=cells", levels("ask.")),
        many(&|at| format!("cam={at}"), "&"),
    ];
    for link in links {
        let ParsedLink { view, notices, .. } = ViewSpec::from_link(&link);
        assert!((1..=21).contains(&notices.len()), "{notices:?}");
        assert!(view.needs().len() <= 501 && view.analysis.query.subset.len() <= 32, "{}", &link[..40]);
    }
    let told =
        "The link lists 3,000 names of genes, more than a view can have: those after the first 500 were left out.";
    assert_eq!(notices(&names("genes").split(',').take(3_000).collect::<Vec<_>>().join(",")), [told]);
    // What is left of it would be other cells.
    let set = format!("set0=mine&{}", levels("set0."));
    assert!(ViewSpec::from_link(&set).view.analysis.cell_sets.is_empty());
}

#[test]
fn what_no_link_would_hold_is_not_read_from_one() {
    let cells = CellList::new((0..3_000).map(|at| at * at % 65_521).collect());
    let mut view = ViewSpec::default();
    let label = OwnLabel { name: "T".to_owned(), cells: cells.clone(), color: None };
    let column = OwnColumn::new("mine", [label]);
    let set = CellSet { name: "set".to_owned(), source: CellSource::Cells(cells) };
    view.analysis.own_columns.push(column.clone());
    let link = format!("{}&{}", column.to_text(), set.to_text());
    let ParsedLink { view, notices, .. } = ViewSpec::from_link(&link);
    assert!(view.analysis.own_columns.is_empty() && view.analysis.cell_sets.is_empty());
    let told: Vec<String> = notices.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("“mine”") && told[1].contains("“set”"), "{told:?}");
    // The browser keeps them by the same text.
    assert_eq!(
        (OwnColumn::from_text(&column.to_text()), CellSet::from_text(&set.to_text())),
        (Some(column), Some(set))
    );
}

#[test]
fn numbers_that_cannot_be_are_the_nearest_that_can_and_it_is_told() {
    let read = ViewSpec::from_link("size=1e9&opacity=0&p1.size=0.001&panels=2&tissue.opacity=3&v=1");
    let told: Vec<String> = read.notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "The link asks for a size of dots of 1e9, which cannot be: it is 100.",
            "The link asks for an opacity of dots of 0, which cannot be: it is 0.05.",
            "The link asks for a size of dots of 0.001, which cannot be: it is 0.5.",
            "The link asks for an opacity of the tissue's image of 3, which cannot be: it is 1.",
        ]
    );
    let first = read.view.panels.first();
    assert_eq!((first.points.size_px(), first.points.opacity(), first.tissue.opacity), (Some(100.0), 0.05, 1.0));
    assert_eq!(ViewSpec::from_link("size=4&opacity=0.5&v=1").notices, []);
}
