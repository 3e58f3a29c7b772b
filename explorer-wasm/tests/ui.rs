//! The components in a real browser: what a press, a key or a drag asks for.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use explorer_core::{
    data::GeneNames,
    de::{DeTable, Regulation},
    state::{ComparisonPlot, ComparisonView, GeneKey, Range},
};
use explorer_wasm::ui::{
    Bars, BrushChange, BrushHistogram, BrushPhase, CategoryLabels, CategoryPanel, CategoryValue, CellSetItem, CellSets,
    DeSummary, DeView, GeneHit, GeneSearch, GeneSetChange, GeneSetItem, GeneSets, LabelDialog, NewGeneSet, OwnCategory,
    OwnCategoryChange, OwnColumnNames, PlotParts, SetGene, SetParts, SetTestsState, Spread, TestOffer, ValueCount,
};
use leptos::{mount::mount_to, prelude::*, task::tick};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{
    Event, EventInit, HtmlElement, HtmlInputElement, KeyboardEvent, KeyboardEventInit, PointerEvent, PointerEventInit,
};

wasm_bindgen_test_configure!(run_in_browser);

/// Mounts a view in a place of its own, 400 px wide.
async fn show<V: IntoView + 'static>(view: impl FnOnce() -> V + 'static) -> HtmlElement {
    let place: HtmlElement = document().create_element("div").unwrap().unchecked_into();
    place.set_attribute("style", "width: 400px").unwrap();
    document().body().unwrap().append_child(&place).unwrap();
    mount_to(place.clone(), view).forget();
    tick().await;
    place
}

fn find(place: &HtmlElement, test_id: &str) -> HtmlElement {
    let found = place.query_selector(&format!("[data-testid='{test_id}']")).unwrap();
    found.unwrap_or_else(|| panic!("no {test_id} in {}", place.inner_html())).unchecked_into()
}

fn count(place: &HtmlElement, selector: &str) -> u32 {
    place.query_selector_all(selector).unwrap().length()
}

fn typed(field: &HtmlElement, text: &str) {
    field.unchecked_ref::<HtmlInputElement>().set_value(text);
    for name in ["input", "change"] {
        let init = EventInit::new();
        init.set_bubbles(true);
        field.dispatch_event(&Event::new_with_event_init_dict(name, &init).unwrap()).unwrap();
    }
}

fn press_key(element: &HtmlElement, key: &str) {
    let init = KeyboardEventInit::new();
    init.set_key(key);
    init.set_bubbles(true);
    element.dispatch_event(&KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap()).unwrap();
}

/// A pointer at a fraction of an element's width.
fn pointer(element: &HtmlElement, name: &str, fraction: f64) {
    let rect = element.get_bounding_client_rect();
    let init = PointerEventInit::new();
    init.set_client_x((rect.left() + rect.width() * fraction).round() as i32);
    init.set_client_y(rect.top() as i32);
    init.set_bubbles(true);
    element.dispatch_event(&PointerEvent::new_with_event_init_dict(name, &init).unwrap()).unwrap();
}

/// A brush over 0 to 100 whose changes come back as its range; all of them are kept.
async fn brush() -> (HtmlElement, RwSignal<Option<Range>>, RwSignal<Vec<BrushChange>>) {
    let range = RwSignal::new(None);
    let changes = RwSignal::new(Vec::new());
    let bars = Arc::new(Bars { min: 0.0, max: 100.0, total: vec![5; 40], selected: vec![2; 40], ..Bars::default() });
    let take = move |change: BrushChange| {
        range.set(change.range);
        changes.update(|changes| changes.push(change));
    };
    let place =
        show(move || view! { <BrushHistogram name="n" bars=Some(bars) range on_brush=take on_ask=|_| () /> }).await;
    (place, range, changes)
}

#[wasm_bindgen_test]
async fn a_drag_brushes_live_and_ends_once() {
    let (place, range, changes) = brush().await;
    let plot = find(&place, "histogram-brush-n");
    pointer(&plot, "pointerdown", 0.25);
    pointer(&plot, "pointermove", 0.5);
    pointer(&plot, "pointermove", 0.75);
    pointer(&plot, "pointerup", 0.75);
    tick().await;
    assert_eq!(range.get_untracked(), Range::new(25.0, 75.0));
    let phases: Vec<_> = changes.get_untracked().iter().map(|change| change.phase).collect();
    assert_eq!(phases, [BrushPhase::Live, BrushPhase::Live, BrushPhase::Done]);
    // A press without a drag inside the brush clears it.
    pointer(&plot, "pointerdown", 0.5);
    pointer(&plot, "pointerup", 0.5);
    assert_eq!(range.get_untracked(), None);
}

#[wasm_bindgen_test]
async fn escape_in_a_drag_takes_it_back() {
    let (place, range, _) = brush().await;
    let plot = find(&place, "histogram-brush-n");
    pointer(&plot, "pointerdown", 0.1);
    pointer(&plot, "pointermove", 0.9);
    press_key(&plot, "Escape");
    assert_eq!(range.get_untracked(), None);
}

#[wasm_bindgen_test]
async fn bounds_are_typed_exactly_or_refused() {
    let (place, range, _) = brush().await;
    typed(&find(&place, "histogram-min-n"), "12.5");
    tick().await;
    assert_eq!(range.get_untracked(), Range::new(12.5, f32::INFINITY));
    let max = find(&place, "histogram-max-n");
    typed(&max, "3");
    tick().await;
    assert_eq!(range.get_untracked(), Range::new(12.5, f32::INFINITY));
    assert_eq!(max.get_attribute("aria-invalid").as_deref(), Some("true"));
}

#[wasm_bindgen_test]
async fn escape_in_a_bound_takes_back_the_text_then_the_range() {
    let (place, range, _) = brush().await;
    let min: HtmlInputElement = find(&place, "histogram-min-n").unchecked_into();
    let enter = |text: &str| {
        min.set_value(text);
        press_key(&min, "Enter");
    };
    enter("12.5");
    tick().await;
    let asked = Range::new(12.5, f32::INFINITY);
    assert_eq!(range.get_untracked(), asked);
    min.set_value("12.56");
    press_key(&min, "Escape");
    tick().await;
    assert_eq!((range.get_untracked(), min.value()), (asked, "12.5".to_owned()));
    press_key(&min, "Escape");
    tick().await;
    assert_eq!((range.get_untracked(), min.value()), (None, String::new()));
    // The same once more: the browser sees no change in that.
    enter("12.5");
    tick().await;
    assert_eq!(range.get_untracked(), asked);
    // What is no number is told in words that the field names, until the field is left.
    enter("twelve");
    tick().await;
    let told = place.query_selector(&format!("#{}", min.get_attribute("aria-describedby").unwrap())).unwrap().unwrap();
    assert_eq!(told.text_content().as_deref(), Some("“twelve” is not a number."));
    min.dispatch_event(&Event::new("blur").unwrap()).unwrap();
    tick().await;
    assert_eq!((range.get_untracked(), min.value()), (asked, "12.5".to_owned()));
    assert_eq!(told.text_content().as_deref(), Some(""));
}

#[wasm_bindgen_test]
async fn arrow_keys_move_an_end_by_a_bin() {
    let (place, range, _) = brush().await;
    let low: HtmlElement = place.query_selector("[role=slider]").unwrap().unwrap().unchecked_into();
    press_key(&low, "ArrowRight");
    assert_eq!(range.get_untracked(), Range::new(2.5, f32::INFINITY), "the other end stays open");
}

#[wasm_bindgen_test]
async fn thousands_of_labels_make_few_rows_and_are_searched() {
    let value = |code| CategoryValue { label: format!("donor {code}"), color: [0; 3], missing: false };
    let labels = Arc::new(CategoryLabels { values: (0..5000).map(value).collect(), order: (0..5000).collect() });
    let counts: Arc<[ValueCount]> = (0..5000).map(|total| ValueCount { selected: None, total: Some(total) }).collect();
    let asked = RwSignal::new(None);
    let only = RwSignal::new(Vec::new());
    let all = RwSignal::new(None);
    let checked: Arc<[bool]> = Arc::from([false]);
    let place = show(move || {
        view! {
            <CategoryPanel
                name="donor"
                n_labels=5000_usize
                labels=Some(labels)
                counts
                checked
                expanded=true
                colored=false
                on_expand=|_| ()
                on_color=|| ()
                on_check_all=move |change| all.set(Some(change))
                on_check=move |change| asked.set(Some(change))
                on_only=move |codes| only.set(codes)
                on_compare=None
                on_hover=|_| ()
                on_markers=None
                on_plot=|| ()
                on_numbers=None
            />
        }
    })
    .await;
    let shown = count(&place, ".value-row");
    assert!((10..60).contains(&shown), "{shown} rows");
    assert!(find(&place, "category-check-donor").unchecked_into::<HtmlInputElement>().indeterminate());
    typed(&find(&place, "category-search-donor"), "4999");
    tick().await;
    tick().await;
    assert_eq!(count(&place, ".value-row"), 1);
    let row = find(&place, "value-donor-donor 4999");
    let text = |selector: &str| row.query_selector(selector).unwrap().unwrap().text_content();
    assert_eq!(text(".value-total").as_deref(), Some("4,999"));
    assert_eq!(text(".value-selected").as_deref(), Some("…"), "what is not yet counted has no number");
    row.query_selector("input").unwrap().unwrap().unchecked_into::<HtmlElement>().click();
    assert_eq!(asked.get_untracked(), Some((4999, false)));
    typed(&find(&place, "category-search-donor"), "donor 499");
    tick().await;
    press_key(&find(&place, "category-search-donor"), "Enter");
    let found: Vec<u32> = [499].into_iter().chain(4990..5000).collect();
    assert_eq!(only.get_untracked(), found, "Enter selects what is found");
    find(&place, "category-check-donor").click();
    assert_eq!(all.get_untracked(), Some((Some(found), false)), "all stands for all that is found");
}

#[wasm_bindgen_test]
async fn labels_of_ones_own_are_given_renamed_merged_and_deleted_from_their_rows() {
    let value = |(label, missing): (&str, bool)| CategoryValue { label: label.to_owned(), color: [0; 3], missing };
    let values = [("T", false), ("B", false), ("missing", true)].map(value).into();
    let labels = Arc::new(CategoryLabels { values, order: vec![1, 0] });
    let counts: Arc<[ValueCount]> = [3, 2, 4].map(|total| ValueCount { selected: None, total: Some(total) }).into();
    let (changes, checked) = (RwSignal::new(Vec::<OwnCategoryChange>::new()), Arc::<[bool]>::from([]));
    let own = OwnCategory {
        taken: Signal::derive(|| vec!["louvain".to_owned(), "mine".to_owned()]),
        n_selected: Signal::derive(|| 7),
        on_change: Callback::new(move |change| changes.update(|changes| changes.push(change))),
    };
    let place = show(move || {
        view! {
            <CategoryPanel
                name="mine"
                n_labels=3_usize
                labels=Some(labels)
                counts
                checked
                expanded=true
                colored=false
                on_expand=|_| ()
                on_color=|| ()
                on_check_all=|_| ()
                on_check=|_| ()
                on_only=|_| ()
                on_compare=None
                on_hover=|_| ()
                on_markers=None
                on_plot=|| ()
                on_numbers=None
                own=Some(own)
            />
        }
    })
    .await;
    let last = move || changes.with_untracked(|changes| changes.last().cloned());
    // What a menu holds is built when it is opened first.
    let in_row = |label: &str, test_id: &str| {
        let row = find(&place, &format!("value-mine-{label}"));
        if count(&row, &format!("[data-testid='{test_id}']")) == 0 {
            find(&row, "own-label-menu").click();
        }
        find(&row, test_id)
    };

    in_row("B", "own-label-give").click();
    assert_eq!(last(), Some(OwnCategoryChange::Give(1)));
    assert!(in_row("B", "own-label-give").text_content().unwrap().contains("(7)"));
    in_row("missing", "own-label-give").click();
    assert_eq!(last(), Some(OwnCategoryChange::Give(2)));
    assert!(find(&place, "value-mine-missing").query_selector("[data-testid=own-label-delete]").unwrap().is_none());

    // A name that another label has is not taken.
    in_row("T", "own-label-rename").click();
    tick().await;
    typed(&in_row("T", "own-label-name"), "B");
    press_key(&in_row("T", "own-label-name"), "Enter");
    assert_eq!(last(), Some(OwnCategoryChange::Give(2)));
    typed(&in_row("T", "own-label-name"), " T cell ");
    press_key(&in_row("T", "own-label-name"), "Enter");
    assert_eq!(last(), Some(OwnCategoryChange::RenameLabel(0, "T cell".to_owned())));

    tick().await;
    in_row("T", "own-label-merge").click();
    tick().await;
    typed(&in_row("T", "own-label-into"), "1");
    assert_eq!(last(), Some(OwnCategoryChange::Merge(0, 1)));
    tick().await;
    in_row("T", "own-label-delete").click();
    assert_eq!(last(), Some(OwnCategoryChange::DeleteLabel(0)));

    // The column itself.
    let of_column = |test_id: &str| {
        if count(&place, &format!("[data-testid='{test_id}']")) == 0 {
            find(&place, "category-menu-mine").click();
        }
        find(&place, test_id)
    };
    of_column("own-rename-mine").click();
    tick().await;
    typed(&find(&place, "own-name"), "louvain");
    press_key(&find(&place, "own-name"), "Enter");
    tick().await;
    assert!(place.text_content().unwrap().contains("There is a column called “louvain” already."));
    typed(&find(&place, "own-name"), "types");
    press_key(&find(&place, "own-name"), "Enter");
    assert_eq!(last(), Some(OwnCategoryChange::Rename("types".to_owned())));
    of_column("own-delete-mine").click();
    assert_eq!(last(), Some(OwnCategoryChange::Delete));
}

#[wasm_bindgen_test]
async fn the_selection_is_labeled_by_enter_in_the_column_of_the_last_label() {
    let (open, given) = (RwSignal::new(false), RwSignal::new(Vec::<(String, String)>::new()));
    let last = RwSignal::new((String::new(), String::new()));
    let columns = RwSignal::new(OwnColumnNames::from([]));
    let place = show(move || {
        view! {
            <LabelDialog
                open
                columns
                fixed=Signal::derive(|| vec!["louvain".to_owned()])
                numbers=Signal::derive(|| (7, 9))
                last
                on_label=move |label| given.update(|given| given.push(label))
            />
        }
    })
    .await;
    let value = |test_id: &str| find(&place, test_id).unchecked_into::<HtmlInputElement>().value();
    open.set(true);
    // What is offered is set once the dialog is open, and shown after that.
    tick().await;
    tick().await;
    assert_eq!((value("label-column"), value("label-name")), ("my labels".to_owned(), String::new()));
    // Without a label, or in a column of the file, nothing is given.
    press_key(&find(&place, "label-name"), "Enter");
    typed(&find(&place, "label-name"), "T");
    typed(&find(&place, "label-column"), "louvain");
    press_key(&find(&place, "label-name"), "Enter");
    assert!(given.with_untracked(Vec::is_empty));
    tick().await;
    assert!(place.text_content().unwrap().contains("is a column of the file"));
    typed(&find(&place, "label-column"), "mine");
    press_key(&find(&place, "label-column"), "Enter");
    assert_eq!(given.get_untracked(), [("mine".to_owned(), "T".to_owned())]);
    assert!(!open.get_untracked());

    // The last one is offered again: opening and Enter are all it takes.
    columns.set([("other".to_owned(), vec![]), ("mine".to_owned(), vec!["T".to_owned()])].into());
    last.set(("mine".to_owned(), "T".to_owned()));
    tick().await;
    open.set(true);
    tick().await;
    tick().await;
    press_key(&find(&place, "label-name"), "Enter");
    assert_eq!(given.with_untracked(Vec::len), 2);
}

#[wasm_bindgen_test]
async fn a_set_is_named_by_a_name_of_its_own() {
    let naming = RwSignal::new(false);
    let saved = RwSignal::new(Vec::<String>::new());
    let sets = vec![CellSetItem { name: "Set 1".to_owned(), n_cells: Some(3), color: [0; 3] }];
    let place = show(move || {
        view! {
            <CellSets
                sets
                n_selected=7_u64
                n_visible=9_u64
                naming
                on_save=move |name: String| saved.update(|saved| saved.push(name))
                on_compare=|| ()
                on_rename=|_| ()
                on_delete=|_| ()
                on_select=|_| ()
                on_combine=|_| ()
                more=ViewFn::default()
            />
        }
    })
    .await;
    find(&place, "save-set").click();
    tick().await;
    let field = find(&place, "cell-set-name");
    assert_eq!(field.unchecked_ref::<HtmlInputElement>().value(), "Set 2");
    typed(&field, "Set 1");
    press_key(&field, "Enter");
    tick().await;
    assert!(saved.with_untracked(Vec::is_empty));
    assert!(place.text_content().unwrap().contains("There is a set called “Set 1” already."));
    typed(&field, " T cells ");
    press_key(&field, "Enter");
    tick().await;
    assert_eq!(saved.get_untracked(), ["T cells"]);
    find(&place, "save-set");
}

#[wasm_bindgen_test]
async fn genes_are_chosen_by_keys() {
    let picked = RwSignal::new(None);
    let hits: Arc<[GeneHit]> = ["CD7", "CD74"]
        .map(|name| GeneHit {
            key: GeneKey::new(format!("E{name}")),
            name: name.to_owned(),
            detail: String::new(),
            label: name.to_owned(),
            matched: vec![0, 1, 2],
        })
        .into();
    let lists = RwSignal::new(Vec::new());
    let place = show(move || {
        view! {
            <GeneSearch
                hits
                unresolved=String::new()
                on_query=|_| ()
                on_pick=move |gene: GeneKey| picked.set(Some(gene.gene))
                on_list=move |names| lists.set(names)
                on_dismiss=|| ()
            />
        }
    })
    .await;
    let field = find(&place, "gene-search");
    typed(&field, "cd7");
    tick().await;
    assert_eq!(count(&place, "[role=option]"), 2);
    press_key(&field, "ArrowDown");
    press_key(&field, "Enter");
    tick().await;
    assert_eq!(picked.get_untracked().as_deref(), Some("ECD74"));
    assert_eq!(count(&place, "[role=option]"), 0);
    typed(&field, "LYZ, NKG7");
    press_key(&field, "Enter");
    assert_eq!(lists.get_untracked(), ["LYZ", "NKG7"]);
}

#[wasm_bindgen_test]
async fn the_result_is_sorted_filtered_and_its_rows_color() {
    let table = DeTable {
        effect: vec![1.0, -2.0, 0.5],
        effect_error: vec![0.1; 3],
        score: vec![3.0, -9.0, 1.0],
        df: vec![9.0; 3],
        pval: vec![0.01, 1e-6, 0.3],
        log10_pval: vec![-2.0, -6.0, -0.52],
        pval_adj: vec![0.02, 3e-6, 0.3],
        log10_pval_adj: vec![-1.7, -5.52, -0.52],
        mean_group: vec![1.0; 3],
        mean_reference: vec![1.0; 3],
        pct_group: vec![50.0; 3],
        pct_reference: vec![50.0; 3],
        degenerate: vec![None; 3],
        ..DeTable::default()
    };
    let texts = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
    let names = GeneNames::new(texts(["E1", "E2", "E3"]), Some(texts(["LYZ", "CD3D", "NKG7"])));
    let chosen = RwSignal::new(None::<String>);
    let sets = RwSignal::new(Vec::<NewGeneSet>::new());
    let shown = RwSignal::new(ComparisonView::default());
    let place = show(move || {
        let offer = TestOffer { has_samples: false, genes_bytes: 0 };
        let plots = PlotParts {
            shown: shown.into(),
            others: Signal::derive(Vec::new),
            other: Signal::derive(|| None),
            agreement: Signal::derive(|| None),
            other_note: Signal::derive(String::new),
            spread: Signal::derive(Spread::default),
            chosen: Signal::derive(Vec::new),
            on_show: Callback::new(move |now| shown.set(now)),
            on_csv: Callback::new(|()| ()),
            on_figure: Callback::new(|_| ()),
        };
        let set_parts = SetParts {
            state: Signal::derive(|| SetTestsState::Failed("There is no gene set.".to_owned())),
            html: Signal::derive(String::new),
            file: Signal::derive(|| None),
            on_file: Callback::new(|_| ()),
            on_ask: Callback::new(|_| ()),
            on_export: Callback::new(|()| ()),
            on_figure: Callback::new(|_| ()),
        };
        view! {
            <DeView
                summary=DeSummary::default()
                table=Some(Arc::new(table))
                names=Arc::new(names)
                colored=chosen
                on_gene=move |gene: String| chosen.set(Some(gene))
                on_gene_sets=move |made| sets.set(made)
                on_export=|| ()
                on_close=|| ()
                asked=None
                offer
                awaited=None
                on_change=|_| ()
                on_cancel=|| ()
                plots
                sets=set_parts
            />
        }
    })
    .await;
    let first = |place: &HtmlElement| {
        place.query_selector(".de-row").unwrap().unwrap().get_attribute("data-testid").unwrap_or_default()
    };
    assert_eq!(first(&place), "de-row-LYZ");
    find(&place, "de-sort-pval").click();
    tick().await;
    assert_eq!(first(&place), "de-row-CD3D");
    typed(&find(&place, "de-filter-pval_adj"), "0.05");
    tick().await;
    tick().await;
    assert_eq!(find(&place, "de-count").inner_text(), "2 of 3 genes");
    find(&place, "de-gene-set").click();
    tick().await;
    find(&place, "de-set-shown").click();
    let made = |side: Option<Regulation>, ids: &[&str]| (side, ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>());
    assert_eq!(sets.get_untracked(), [made(None, &["E2", "E1"])]);
    find(&place, "de-set-both").click();
    let both = [made(Some(Regulation::Up), &["E1"]), made(Some(Regulation::Down), &["E2"])];
    assert_eq!(sets.get_untracked(), both);
    find(&place, "de-row-LYZ").click();
    tick().await;
    assert_eq!(chosen.get_untracked().as_deref(), Some("E1"));
    assert!(find(&place, "de-row-LYZ").class_list().contains("chosen"));
    // A gene in both sets, from its row; then gene sets in the place of the genes, and the genes again.
    find(&place, "de-spread-CD3D").click();
    let gene = shown.with_untracked(|shown| (shown.plot, shown.gene.clone()));
    assert_eq!(gene, (ComparisonPlot::Gene, Some("E2".to_owned())));
    assert_eq!(chosen.get_untracked().as_deref(), Some("E1"), "the row is not pressed");
    find(&place, "de-show-sets").click();
    tick().await;
    assert_eq!(find(&place, "sets-failed").inner_text(), "There is no gene set.");
    find(&place, "de-show-table").click();
    tick().await;
    assert_eq!((shown.with_untracked(|shown| shown.sets), first(&place).as_str()), (None, "de-row-CD3D"));
}

#[wasm_bindgen_test]
async fn gene_sets_are_made_and_edited() {
    let set = GeneSetItem {
        name: "T".to_owned(),
        description: String::new(),
        genes: [("E1", "CD3D", true), ("NOPE", "NOPE", false)]
            .map(|(id, label, is_known)| SetGene { id: id.to_owned(), label: label.to_owned(), is_known })
            .to_vec(),
        mean: None,
    };
    let asked = RwSignal::new(Vec::<String>::new());
    let place = show(move || {
        view! {
            <GeneSets
                sets=vec![set]
                others=Vec::new()
                listed=vec!["LYZ".to_owned()]
                colored=None
                unresolved=String::new()
                bars_of=|_| Signal::derive(|| None)
                range_of=|_| Signal::derive(|| None)
                on_change=move |change: GeneSetChange| asked.update(|asked| asked.push(format!("{change:?}")))
            />
        }
    })
    .await;
    find(&place, "gene-set-create").click();
    tick().await;
    // A name that is taken is refused.
    let name = find(&place, "gene-set-name");
    typed(&name, "T");
    tick().await;
    assert_eq!(name.get_attribute("aria-invalid").as_deref(), Some("true"));
    press_key(&name, "Enter");
    typed(&name, "Mono");
    press_key(&name, "Enter");
    tick().await;
    assert_eq!(asked.get_untracked(), [r#"Create("Mono", ["LYZ"])"#]);
    find(&place, "gene-set-expand-T").click();
    tick().await;
    find(&place, "gene-set-gene-T-CD3D").click();
    find(&place, "gene-set-gene-T-NOPE").click();
    find(&place, "gene-set-remove-T-NOPE").click();
    let more = find(&place, "gene-set-add-T");
    typed(&more, "CD3E, CD3G");
    press_key(&more, "Enter");
    let rest = [r#"ShowGene("E1")"#, r#"RemoveGene("T", "NOPE")"#, r#"Add("T", ["CD3E", "CD3G"])"#];
    assert_eq!(asked.get_untracked()[1..], rest);
}
