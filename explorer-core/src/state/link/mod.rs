//! A view as the text of a link, and back.
//!
//! The text stands after `?` or `#` in an address: `key=value` pairs joined by `&`, in which only
//! what differs from the default is named.
//!
//! | Key | Value | Example |
//! |---|---|---|
//! | `d` | dataset | `d=pbmc68k` |
//! | `e` | embedding | `e=X_umap` |
//! | `xy` | in its place, the axes of a scatter plot | `xy=gene:CD3D,obs:n_genes` |
//! | `only` | the label whose cells alone are in color | `only=louvain:T cells` |
//! | `cam` | camera: center x, y, width | `cam=1.25,-3,40` |
//! | `c` | color | `c=obs:louvain`, `c=gene:CD3D`, `c=gene:raw/X:CD3D`, `c=genes:CD3D,LYZ`, `c=set:T cells`, `c=score:T cells` |
//! | `cmap`, `crange`, `clog`, `czero`, `clip`, `corder` | color options | `cmap=viridis&crange=0..5&clip=1..99` |
//! | `layer` | layer | `layer=raw/X` |
//! | `aslabels` | columns of numbers shown as labels | `aslabels=leiden,is_doublet` |
//! | `f.COLUMN` | labels allowed, or after `-` labels hidden | `f.louvain=-B cells,~m` |
//! | `r.COLUMN` | range | `r.n_genes=200..inf` |
//! | `g.GENE`, `g.LAYER:GENE` | range of expression | `g.CD3D=0.5..inf` |
//! | `m.GENE,GENE`, `m.LAYER:GENE,GENE` | range of a mean of genes | `m.CD3D,CD3E=0.5..inf` |
//! | `z.GENE,GENE`, `z.LAYER:GENE,GENE` | range of a score of genes over control genes | `z.CD3D,CD3E=0..inf` |
//! | `s.EMBEDDING`, `s.xy:AXES` | outlines: `a` add, `s` subtract, `n` intersect, each with a polygon, then `:EMBEDDING` of one drawn in another embedding, and `:COLUMN:LABEL` of one around a label's cells alone; `i` invert | `s.X_umap=aFQIC…,sFQIC…:X_pca,i` |
//! | `k.cells` | cells one by one: a list of rows of the input | |
//! | `u0.…`, `u1.…` | the same seven, for each level of subsetting | `u0.f.louvain=T cells` |
//! | `genes` | genes listed | `genes=CD3D,MS4A1` |
//! | `gs0`, `gs0.d`, `gs0.g` | a gene set: name, description, genes | `gs0=T&gs0.g=CD3D,CD3E` |
//! | `set0` | a cell set's name | `set0=mine` |
//! | `set0.cells` or `set0.f.…`, `set0.u0.r.…` | its cells: a list of rows of the input, or filters; without a list of over 2 kB that no comparison takes | |
//! | `own0`, `own0.0`, `own0.0.cells` | an own column's name, a label of it, and its cells as of a cell set; only where all own columns take at most 2 kB | `own0=mine&own0.0=T cells` |
//! | `de0`, `de0.mode`, `de0.adjust`, `de0.layer` | a comparison: group, and reference unless it is the rest; its test, and how p-values are adjusted | `de0=mine:yours&de0.mode=wilcoxon` |
//! | `de0.u0.…`, `markers.u0.…`, `plot.u0.…` | the subset that a comparison, markers or a plot are of | `de0.u0.f.louvain=T cells` |
//! | `shown` | the comparison that is open | `shown=0` |
//! | `de.plot`, `de.with`, `de.gene` | its plot (`ma`, `effects`, `gene`), the comparison that effects are held against, and the gene shown | `de.plot=effects&de.with=1` |
//! | `de.sets`, `de.sets.direction`, `de.sets.pval`, `de.sets.effect` | how gene sets are tested, and which genes are chosen | `de.sets=ranking` |
//! | `markers`, `markers.rank` | the column whose markers are open; `effect` ranks them by effects | `markers=louvain` |
//! | `plot`, `plot.kind`, `plot.then`, `plot.genes`, `plot.scale`, `plot.mean`, `plot.order`, `plot.groups`, `plot.samples`, `plot.layer` | the column whose groups are plotted, how, and of which genes | `plot=louvain&plot.genes=CD3D,LYZ` |
//! | `ask`, `ask.layer`, `ask.f.…`, `ask.u0.…` | the question that is open, of some cells and the subset that they are of: what they are (`cells`), or which genes go with `gene:GENE` or `obs:COLUMN` | `ask=cells&ask.f.louvain=0` |
//! | `tool`, `left`, `right`, `open`, `theme`, `size`, `opacity` | panels and dots | `open=louvain&theme=dark` |
//! | `panels`, `linked` | how many panels there are, and whether their cameras move together | `panels=2&linked=1` |
//! | `p1.…`, `p2.…` | `e`, `xy`, `only`, `cam`, `rot`, `size`, `opacity`, `tissue` of the panels after the first | `p1.e=X_pca` |
//! | `labels`, `density` | what is drawn over the cells | `density=1` |
//! | `leftpx`, `rightpx` | widths of the sidebars | `leftpx=420` |
//! | `of` | the beginning of the content id of the dataset that it was made for | `of=0f3a5c7e9b1d` |
//! | `v` | version of this grammar, last | `v=1` |
//!
//! Layers go by their place in the file, and genes by their id. Who writes a link by hand may give the last part of a
//! place (`layer=raw`) and a symbol, where only one layer or gene has it.
//!
//! Names may hold anything. Within a value `~` takes the meaning from the character after it
//! (`~,` is a comma, `~:` a colon, `~-` a hyphen, `~~` itself); `~e` is an empty name and `~m` in a
//! list of labels stands for cells without one. All else is percent-encoded as usual. Since the
//! separators are `~`-escaped before that, a link survives programs that decode and encode it
//! anew. The version comes last, so that programs which take a final dot or comma for the end of
//! a sentence cut off nothing.
//!
//! Polygons and cell lists are base64url: see [`Polygon`](super::Polygon) and
//! [`CellList`](super::CellList).

mod comparison_view;
pub(in crate::state) mod escape;
mod notice;
mod own_columns;
mod panel;
mod parse;
mod plot;
mod print;
pub(in crate::state) mod text;

pub use notice::Notice;
pub(super) use print::comparison_text;

use super::{CellSet, ColorBy, OwnColumn, ViewSpec};
use crate::sorting::set_of;

/// The version of the grammar that is written.
pub const LINK_VERSION: u32 = 1;

/// Above this many bytes some servers and programs refuse or cut a link.
pub const LONG_LINK_BYTES: usize = 8_000;

/// Parts of a link that are read. Each may become something to show or to say, and nobody makes so many.
const MOST_PARTS: usize = 1_000;

/// Notices of a link that are told one by one.
const MOST_NOTICES: usize = 20;

/// Above this many bytes own columns are no part of a link.
pub(super) const MOST_OWN_BYTES: usize = 2_000;

/// Above this many bytes a list of cells is no part of a link, unless a comparison takes it.
pub(super) const MOST_LIST_BYTES: usize = 2_000;

/// What was read from a link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedLink {
    /// The view, in its canonical form.
    pub view: ViewSpec,
    /// The beginning of the content id of the dataset that the link was made for, where it says.
    pub content: Option<String>,
    /// What could not be read, for the user.
    pub notices: Vec<Notice>,
    /// The first key that says nothing: a newer version may know it.
    pub unknown: Option<String>,
}

impl ParsedLink {
    /// What the user should know where the link was made for another dataset than the one with this content.
    pub fn notice_for(&self, content: &str) -> Option<Notice> {
        self.content.as_deref().is_some_and(|made_for| made_for != content).then_some(Notice::OtherContent)
    }
}

impl ParsedLink {
    /// Leaves out the own columns and cell sets that no link is written with, since the browser would keep them.
    fn leave_out_what_is_too_large(&mut self) {
        if self.view.has_columns_beyond_link() {
            let columns = std::mem::take(&mut self.view.analysis.own_columns);
            let names = columns.iter().map(|column| column.name().to_owned());
            self.notices.extend(names.map(|name| Notice::TooLarge { kind: "column", name }));
        }
        let beyond = set_of(self.view.sets_beyond_link().into_iter().map(|set| set.name.clone()));
        self.view.analysis.cell_sets.retain(|set| !beyond.contains(&set.name));
        self.notices.extend(beyond.into_iter().map(|name| Notice::TooLarge { kind: "cell set", name }));
    }

    fn bound_notices(&mut self) {
        let n_notices = self.notices.len();
        if n_notices > MOST_NOTICES {
            self.notices.truncate(MOST_NOTICES);
            self.notices.push(Notice::More { n_notices: n_notices - MOST_NOTICES });
        }
    }
}

impl ViewSpec {
    /// The view as the text of a link, all ASCII, without the leading `?` or `#`. Compare its
    /// length with [`LONG_LINK_BYTES`].
    pub fn to_link(&self) -> String {
        print::print(&self.clone().canonical(), None)
    }

    /// The same, with the beginning of the content id of the dataset that the view is of: who reads the link can tell
    /// whether it is for the dataset at hand ([`ParsedLink::notice_for`]).
    pub fn to_link_for(&self, content: &str) -> String {
        print::print(&self.clone().canonical(), Some(content))
    }

    /// Whether its own columns are too large for a link, which leaves them out then.
    pub fn has_columns_beyond_link(&self) -> bool {
        !print::has_room_for_own_columns(&self.analysis)
    }

    /// The cell sets that are too large for a link, or too many, which leaves them out.
    pub fn sets_beyond_link(&self) -> Vec<&CellSet> {
        print::sets_left_out(self)
    }

    /// The view that a link holds, with or without the leading `?` or `#`.
    ///
    /// Reads what it can: unknown keys are passed over, and values that make no sense are left out
    /// with a notice. `from_link(view.to_link())` is `view.canonical()`.
    pub fn from_link(link: &str) -> ParsedLink {
        let mut parsed = parse::parse(link);
        parsed.leave_out_what_is_too_large();
        parsed.bound_notices();
        parsed
    }
}

impl OwnColumn {
    /// The column as a link would hold it, however large it is.
    pub fn to_text(&self) -> String {
        print::own_column(self)
    }

    /// The column that [`OwnColumn::to_text`] wrote; `None` for any other text.
    pub fn from_text(text: &str) -> Option<Self> {
        let ParsedLink { view, notices, .. } = parse::parse(text);
        let mut columns = view.analysis.own_columns.into_iter();
        columns.next().filter(|_| notices.is_empty() && columns.len() == 0)
    }
}

impl CellSet {
    /// The set as a link would hold it, however large it is.
    pub fn to_text(&self) -> String {
        print::cell_set(self)
    }

    /// The set that [`CellSet::to_text`] wrote; `None` for any other text.
    pub fn from_text(text: &str) -> Option<Self> {
        let ParsedLink { view, notices, .. } = parse::parse(text);
        let mut sets = view.analysis.cell_sets.into_iter();
        sets.next().filter(|_| notices.is_empty() && sets.len() == 0)
    }
}

impl ColorBy {
    /// The color that the text of a link's `c` names, such as `gene:raw/X:CD3D`; `None` where it names none.
    pub fn from_text(text: &str) -> Option<Self> {
        parse::color(text)
    }
}
