//! Gene Expression over a corpus: fetched as it is asked; what is asked stands in the address.

use std::{collections::BTreeSet, rc::Rc, sync::Arc};

use corpus::{
    Corpus, DotPlot, Gene, Manifest, Options, Query,
    view::{Edit, MOST_GENES, Side, Table, View},
};
use explorer_core::{
    color::Ground,
    embed::Storage,
    format::{integer, plural, short},
    session::{GeneTable, ResolvedGenes},
    sorting::set_of,
};
use expression::Ontology;
use futures_util::future::{AbortHandle, Abortable};
use gloo_file::Blob;
use leptos::prelude::*;
use shared_fbs::tile::Genes;

use crate::{
    fetch::{Address, FetchError, Fetcher, Source, open_corpus},
    host::{FullPage, Host},
    owner::{Alive, keep},
    ui::{
        ErrorView, ExpressionScreen, GeneHit, LoadingView, OrganismChoice, PlotFile, ResultState, Show, ShownAnswer,
        dark_scheme,
    },
    view::{effect, view},
    worker::Pool,
};

/// Genes that a search shows at most.
const MOST_HITS: usize = 8;

/// Kinds of files.
const CSV: &str = "text/csv;charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A corpus that is open.
struct Opened {
    corpus: Corpus<Fetcher>,
    ontology: Ontology,
    /// Answers what takes long, and draws.
    pool: Pool,
}

/// What is known of an organism's part of the corpus.
struct OfOrganism {
    id: String,
    genes: GeneTable,
}

/// Gene Expression over the corpus that the address names.
#[component]
pub fn ExpressionPage(page: StoredValue<FullPage, LocalStorage>) -> impl IntoView {
    let alive = Alive::here();
    let opened = RwSignal::new_local(None::<Result<Rc<Opened>, String>>);
    let open = Callback::new(move |()| {
        opened.set(None);
        alive.spawn(async move {
            let (directory, root) = page.with_value(|page| (page.corpus(), page.base().to_owned()));
            opened.set(Some(fetched(directory, root).await.map(Rc::new).map_err(|error| error.to_string())));
        });
    });
    open.run(());
    page.with_value(|page| page.set_title("Gene Expression"));
    let failure = Memo::new(move |_| opened.with(|opened| opened.as_ref()?.as_ref().err().cloned()));
    let ready = move || opened.with(|opened| opened.as_ref()?.as_ref().ok().cloned());
    view! {
        <Show
            when=move || failure.with(Option::is_none)
            fallback=move || view! {
                <ErrorView
                    title="The corpus could not be opened"
                    text=Signal::derive(move || failure.get().unwrap_or_default())
                    on_retry=open
                />
            }
        >
            {move || match ready() {
                Some(opened) => view! { <Asked page opened=StoredValue::new_local(opened) /> },
                None => view! { <LoadingView title="Gene Expression" text="Opening the corpus" fraction=Signal::stored(None) /> },
            }}
        </Show>
    }
}

async fn fetched(directory: String, root: String) -> Result<Opened, FetchError> {
    let address = Address::Directory(directory);
    let corpus = open_corpus(Source::new(&address, &root)).await?;
    let ontology = corpus::ontology(corpus.manifest());
    Ok(Opened { corpus, ontology, pool: Pool::new(address, root, Storage::Local) })
}

/// What is asked of an open corpus, and what it answers.
#[component]
fn Asked(page: StoredValue<FullPage, LocalStorage>, opened: StoredValue<Rc<Opened>, LocalStorage>) -> impl IntoView {
    let alive = Alive::here();
    let with_manifest = |read: fn(&Manifest) -> String| opened.with_value(|opened| read(opened.corpus.manifest()));
    let organisms: Vec<OrganismChoice> = opened.with_value(|opened| organisms_of(opened.corpus.manifest()));
    let first = organisms.first().map(|(id, _)| id.clone()).unwrap_or_default();
    let asked = move || page.with_value(|page| View::of_address(&page.link()));
    let shown = RwSignal::new(asked());
    keep(page.with_value(|page| page.on_link(Box::new(move || shown.set(asked())))));

    let query = Memo::new(move |_| shown.with(|shown| shown.query(&first)));
    let organism = Memo::new(move |_| query.with(|query| query.organism.clone()));
    let of_organism = RwSignal::new_local(None::<Rc<OfOrganism>>);
    let plot = RwSignal::new_local(DotPlot::default());
    let failure = RwSignal::new(String::new());
    // Questions that were asked so far; the last one counts.
    let n_asked = StoredValue::new(0_u32);
    let is_busy = RwSignal::new(false);
    let ask = move || {
        let query = query.get();
        n_asked.update_value(|n_asked| *n_asked += 1);
        let number = n_asked.get_value();
        is_busy.set(true);
        let opened = opened.get_value();
        alive.spawn(async move {
            let known = of_organism.get_untracked().filter(|known| known.id == query.organism);
            let answered = answered(&opened, known, &query).await;
            if n_asked.get_value() != number {
                return;
            }
            is_busy.set(false);
            match answered {
                Ok((known, found)) => {
                    failure.set(String::new());
                    of_organism.set(Some(known));
                    plot.set(found);
                }
                Err(told) => failure.set(told),
            }
        });
    };
    let again = RwSignal::new(());
    effect(move || {
        again.track();
        ask();
    });
    // What filters may take depends on filters alone, and the dots do not wait for it.
    let narrowed = Memo::new(move |_| {
        query.with(|Query { organism, filters, .. }| {
            Some(Query { organism: organism.clone(), filters: filters.clone(), ..Query::default() })
        })
    });
    let options_of = move |asked: Memo<Option<Query>>| {
        let options = RwSignal::new(Arc::<Options>::default());
        effect(move || {
            again.track();
            let (Some(query), opened) = (asked.get(), opened.get_value()) else { return };
            alive.spawn(async move {
                let found = opened.corpus.options(&query, &opened.ontology).await;
                // Why there is none is told with the answer.
                if let (Ok(found), true) = (found, asked.with_untracked(|asked| asked.as_ref() == Some(&query))) {
                    options.set(Arc::new(found));
                }
            });
        });
        options
    };
    let options = options_of(narrowed);
    // The same of the groups of a comparison.
    let of_side = move |side: Side| {
        options_of(Memo::new(move |_| {
            let filters = shown.with(|shown| Some(shown.compared.as_ref()?.sides[side as usize].clone()))?;
            Some(Query { organism: organism.get(), filters, ..Query::default() })
        }))
    };
    let sides = Side::BOTH.map(of_side);
    let side_options = Signal::derive(move || sides.map(|options| options.get()));
    let compared = Memo::new(move |_| Some(shown.with(|shown| shown.compared.clone())?.query(&organism.get())));
    let n_compared = RwSignal::new([0_u64; 2]);
    effect(move || {
        again.track();
        let (Some(query), opened) = (compared.get(), opened.get_value()) else { return };
        alive.spawn(async move {
            let found = opened.corpus.cells_compared(&query, &opened.ontology).await;
            // Why there are none is told with the answer.
            if let (Ok(found), true) = (found, compared.with_untracked(|asked| asked.as_ref() == Some(&query))) {
                n_compared.set(found);
            }
        });
    });

    let fixed = opened.with_value(|opened| opened.corpus.fixed_point());
    // What is asked beside them lays no dots out anew.
    let of_dots = Memo::new(move |_| shown.with(|shown| shown.of_dots("")));
    let table = Memo::new(move |_| Arc::new(plot.with(|plot| of_dots.with(|shown| Table::new(plot, shown, fixed)))));
    let symbol = move |id: &String| {
        let known = of_organism.get();
        let symbol = known.map(|known| known.genes.symbol_of(id).to_owned());
        Gene { id: id.clone(), symbol: symbol.unwrap_or_else(|| id.clone()) }
    };
    let genes = Memo::new(move |_| shown.with(|shown| shown.genes.iter().map(symbol).collect::<Vec<_>>()));

    let typed = RwSignal::new(String::new());
    let hits = Memo::new(move |_| -> Arc<[GeneHit]> {
        let found = |known: Rc<OfOrganism>| typed.with(|typed| known.genes.hits(typed, None, MOST_HITS));
        of_organism.get().map(found).unwrap_or_default().into_iter().map(|(_, hit)| hit).collect()
    });
    let unresolved = RwSignal::new(String::new());
    let told = Signal::derive(move || {
        let unknown = plot.with(|plot| plot.unknown.clone());
        let of_address = (!unknown.is_empty()).then(|| format!("No dataset has {}", unknown.join(", ")));
        let told = [Some(unresolved.get()).filter(|text| !text.is_empty()), of_address];
        told.into_iter().flatten().collect::<Vec<_>>().join(". ")
    });
    let remember = move || {
        let link = shown.with_untracked(View::to_address);
        // What changes nothing is no step.
        page.with_value(|page| {
            if page.link() != link {
                page.push_link(&link);
            }
        });
    };
    let edit = Callback::new(move |edit: Edit| {
        shown.update(|shown| shown.apply(edit));
        remember();
    });
    let names = Callback::new(move |names: Vec<String>| {
        let Some(known) = of_organism.get_untracked() else { return };
        let resolved = ResolvedGenes::of(&names, &[&known.genes]);
        let mut told = resolved.unresolved.text();
        let is_new = |id: &&String| shown.with_untracked(|shown| !shown.genes.contains(*id));
        let asked = set_of(resolved.ids.iter().filter(is_new).cloned());
        edit.run(Edit::AddGenes(resolved.ids));
        let n_left_out = shown.with_untracked(|shown| asked.iter().filter(|id| !shown.genes.contains(*id)).count());
        if n_left_out > 0 {
            let left_out = plural(n_left_out, "gene is", "genes are");
            let separator = if told.is_empty() { "" } else { ". " };
            told.push_str(&format!("{separator}{left_out} left out, since at most {MOST_GENES} are shown"));
        }
        unresolved.set(told);
    });
    let dismiss = move |()| {
        unresolved.set(String::new());
        let unknown = plot.with_untracked(|plot| plot.unknown.clone());
        shown.update(|shown| unknown.into_iter().for_each(|gene| shown.apply(Edit::RemoveGene(gene))));
        remember();
    };
    let is_dark = dark_scheme();
    let ground = move || if is_dark.get() { Ground::Dark } else { Ground::Light };
    let save_text = move |name: &str, text: &str, kind: &str| {
        let content = Blob::new_with_options(text, Some(kind));
        page.with_value(|page| page.save_file(name, &content));
    };
    // What the figure of the dots, or of what is asked beside them, is asked as.
    let asked_beside =
        Memo::new(move |_| shown.with(|shown| shown.of_panel(&organism.get())).map(|asked| asked.to_address()));
    let saves_fail = RwSignal::new(String::new());
    // Figures are for paper: on a light ground, whatever the page's is.
    let save_picture = move |asked: String, name: &'static str, file: PlotFile| {
        let (opened, ground) = (opened.get_value(), Ground::Light);
        saves_fail.set(String::new());
        alive.spawn(async move {
            let saved = match file {
                PlotFile::Png(scale) => opened.pool.corpus_as_png(asked, ground, scale).await.map(|png| {
                    page.with_value(|page| page.save_file(&format!("{name}.png"), &png.into()));
                }),
                PlotFile::Svg | PlotFile::Csv => opened.pool.corpus(asked, ground).await.map(|[_, svg, _]| {
                    save_text(&format!("{name}.svg"), &svg, SVG);
                }),
            };
            if let Err(error) = saved {
                saves_fail.set(error.to_string());
            }
        });
    };
    let save = Callback::new(move |file: PlotFile| match file {
        PlotFile::Csv => {
            let query = query.get_untracked();
            let text = plot.with_untracked(|plot| {
                opened.with_value(|opened| plot.to_table(&query, opened.corpus.manifest()).to_csv())
            });
            save_text("gene-expression.csv", &text, CSV);
        }
        PlotFile::Svg | PlotFile::Png(_) => {
            let asked = shown.with_untracked(|shown| shown.of_dots(&organism.get_untracked()).to_address());
            save_picture(asked, "gene-expression", file);
        }
    });

    // What is asked beside the dots.
    let answer = RwSignal::new(ShownAnswer::default());
    let retried = RwSignal::new(());
    let running = StoredValue::new(None::<AbortHandle>);
    effect(move || {
        retried.track();
        // The worker gives up what nobody waits for.
        if let Some(handle) = running.try_update_value(Option::take).flatten() {
            handle.abort();
        }
        let (asked, ground) = (asked_beside.get(), ground());
        let Some(asked) = asked else {
            answer.set(ShownAnswer::default());
            return;
        };
        let state = ResultState::Running("Finding the answer".to_owned(), None);
        answer.set(ShownAnswer { state, ..ShownAnswer::default() });
        let (opened, (handle, registration)) = (opened.get_value(), AbortHandle::new_pair());
        running.set_value(Some(handle));
        alive.spawn(async move {
            let Ok(found) = Abortable::new(opened.pool.corpus(asked, ground), registration).await else { return };
            answer.set(match found {
                Ok([html, svg, csv]) => ShownAnswer { state: ResultState::Done, html, svg, csv },
                Err(error) => ShownAnswer { state: ResultState::Failed(error.to_string()), ..ShownAnswer::default() },
            });
        });
    });
    let save_answer = Callback::new(move |file: PlotFile| match file {
        PlotFile::Csv => answer.with_untracked(|answer| save_text("gene-expression-answer.csv", &answer.csv, CSV)),
        PlotFile::Svg | PlotFile::Png(_) => {
            if let Some(asked) = asked_beside.get_untracked() {
                save_picture(asked, "gene-expression-answer", file);
            }
        }
    });
    let copy = Callback::new(move |text: String| {
        alive.spawn(async move {
            let copied = page.with_value(|page| page.copy(text)).await;
            saves_fail.set(copied.err().map(|refused| refused.to_string()).unwrap_or_default());
        });
    });
    let add = Callback::new(move |address: String| {
        shown.update(|shown| shown.add_address(&address));
        remember();
    });
    let home = page.with_value(|page| page.base().to_owned());
    view! {
        <ExpressionScreen
            shown
            table
            options
            organisms
            organism
            genes
            hits
            unresolved=told
            about=with_manifest(about)
            noise=with_manifest(noise)
            is_busy
            failure
            saves_fail
            answer
            side_options
            n_compared
            is_dark
            home
            on_query=move |text| typed.set(text)
            on_names=names
            on_dismiss=dismiss
            on_edit=edit
            on_save=save
            on_save_answer=save_answer
            on_view=add
            on_copy=copy
            on_ask_again=move |()| retried.set(())
            on_retry=move |()| again.set(())
        />
    }
}

/// What the corpus answers, with what is known of the organism.
async fn answered(
    opened: &Opened,
    known: Option<Rc<OfOrganism>>,
    query: &Query,
) -> Result<(Rc<OfOrganism>, DotPlot), String> {
    let known = match known {
        Some(known) => known,
        None => Rc::new(of_organism(opened, &query.organism).await.map_err(|error| error.to_string())?),
    };
    let plot = opened.corpus.dot_plot(query, &opened.ontology).await.map_err(|error| error.to_string())?;
    Ok((known, plot))
}

async fn of_organism(opened: &Opened, organism: &str) -> Result<OfOrganism, FetchError> {
    let corpus = &opened.corpus;
    let mut genes = Vec::new();
    for part in corpus.parts_of(organism) {
        let of_part = corpus.genes(part).await?;
        let symbols = of_part.symbols.as_ref().unwrap_or(&of_part.ids);
        genes.extend(of_part.ids.iter().cloned().zip(symbols.iter().cloned()));
    }
    genes.sort();
    genes.dedup_by(|a, b| a.0 == b.0);
    let (ids, symbols) = genes.into_iter().unzip();
    let genes = GeneTable::new(Genes { ids, symbols: Some(symbols), rows: Vec::new() });
    Ok(OfOrganism { id: organism.to_owned(), genes })
}

/// The organisms, that of most cells first.
fn organisms_of(manifest: &Manifest) -> Vec<OrganismChoice> {
    let ids: BTreeSet<&String> = manifest.parts.iter().map(|part| &part.organism).collect();
    let n_cells = |id: &String| -> u64 {
        manifest.sources.iter().filter(|source| source.organism == *id).map(|source| u64::from(source.n_cells)).sum()
    };
    let mut organisms: Vec<(u64, &String)> = ids.into_iter().map(|id| (n_cells(id), id)).collect();
    organisms.sort_by_key(|&(n_cells, _)| std::cmp::Reverse(n_cells));
    organisms.into_iter().map(|(_, id)| (id.clone(), corpus::organism_label(id).to_owned())).collect()
}

fn about(manifest: &Manifest) -> String {
    let n_cells: u64 = manifest.sources.iter().map(|source| u64::from(source.n_cells)).sum();
    format!(
        "{}, {} cells, profile {}, version {}",
        plural(manifest.sources.len(), "dataset", "datasets"),
        integer(n_cells),
        manifest.profile.name,
        manifest.version
    )
}

fn noise(manifest: &Manifest) -> String {
    match manifest.profile.least_cptt {
        least if least > 0.0 => format!("Below {} counts per ten thousand (CPTT): none", short(least, 3)),
        _ => String::new(),
    }
}
