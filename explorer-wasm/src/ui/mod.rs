//! The face of the page: components that show what they are given and say what was asked for.
//!
//! They know no store, fetch nothing and hold no state but that of the moment (an open menu, a field
//! being typed into). What they show comes in signals of plain data; what the user does goes out
//! through callbacks. Styles are in `www/style`, one sheet for each component, by the same name.

#![allow(clippy::needless_pass_by_value, reason = "the view macro hands a component its properties by value")]

mod answer_view;
mod bound;
mod breadcrumbs;
mod brush_histogram;
mod card_dialog;
mod catalog;
mod category_panel;
mod category_values;
mod cell_finder;
mod cell_sets;
mod cell_tooltip;
mod cells_field;
mod combine_sets;
mod command_button;
mod compare_panel;
mod control;
mod dataset_info;
mod de_filters;
mod de_plots;
mod de_table;
mod de_view;
mod display_panel;
mod expression;
mod facet;
mod figure_menu;
mod filter_chips;
mod first_sight;
mod gene_heading;
mod gene_list;
mod gene_plot;
mod gene_search;
mod gene_sets;
mod group_order;
mod histogram;
mod histogram_panel;
mod icon;
mod label_counts;
mod label_dialog;
mod legend;
mod markers_view;
mod name_clash;
mod notice;
mod own_columns;
mod palette;
mod panel_bar;
mod plot_view;
mod rectangle_dialog;
mod rename;
mod result_edge;
mod result_facts;
mod result_wait;
mod root;
mod samples_view;
mod save_cells;
mod save_dialog;
mod save_subset;
mod scatter_dialog;
mod screens;
mod set_tests;
mod shell;
mod shortcuts_dialog;
mod sidebar_edge;
mod test_choice;
mod toolbar;
mod top_bar;
mod tour;
mod value_row;

pub use answer_view::{AnswerPress, AnswerView};
pub use breadcrumbs::Breadcrumbs;
pub use brush_histogram::{BrushHistogram, HistogramAsk};
pub use card_dialog::CardDialog;
pub use catalog::{CatalogScreen, Listing};
pub use category_panel::CategoryPanel;
pub use cell_finder::{CellFinder, FindStatus};
pub use cell_sets::{CellSetItem, CellSets};
pub use cell_tooltip::{CellTip, CellTooltip};
pub use cells_field::{CellsField, WhichCells};
pub use combine_sets::CombineSets;
pub use command_button::CommandButton;
pub(crate) use command_button::{command_glyph, command_test_id};
pub use compare_panel::{ComparePanel, CompareState};
pub use control::{
    Button, ButtonKind, Check, Checkbox, Choice, Cut, Each, HintLayer, IconButton, Menu, MenuItem, MenuItems, Popover,
    Progress, SearchField, Segment, Segmented, Select, SelectField, Show, VirtualList, row_height_px,
};
pub(crate) use control::{focus, focus_soon, unique_id};
pub use dataset_info::DatasetInfo;
pub use de_plots::{FigureToSave, PlotParts, Spread};
pub use de_view::{DeView, NewGeneSet, SetParts};
pub use display_panel::{ColoredBy, DisplayPanel};
pub use expression::{ExpressionScreen, OrganismChoice, ShownAnswer, dark_scheme};
pub use figure_menu::{FigureMenu, PlotFile};
pub use filter_chips::FilterChips;
pub use gene_list::{GeneItem, GeneList};
pub use gene_search::GeneSearch;
pub use gene_sets::{GeneSetChange, GeneSetItem, GeneSets, MeanItem, SetGene};
pub use histogram::Histogram;
pub use histogram_panel::HistogramPanel;
pub use icon::{BrandMark, Glyph, Icon};
pub use label_counts::LabelCounts;
pub use label_dialog::{LabelDialog, OwnColumnNames};
pub use legend::{Legend, LegendAsk};
pub use markers_view::MarkersView;
pub use notice::{NoticeItem, NoticeKind, Notices};
pub use own_columns::{OwnCategory, OwnCategoryChange, OwnColumnChange, OwnColumnTools};
pub use palette::Palette;
pub use panel_bar::{PanelBar, PanelsMenu, SplitBar};
pub use plot_view::PlotView;
pub use rectangle_dialog::RectangleDialog;
pub use result_wait::ResultState;
pub use root::Root;
pub(crate) use root::style_of;
pub use samples_view::SamplesView;
pub use save_cells::{SaveCellsDialog, SaveFormat};
pub use save_dialog::{PanelExtent, PictureFormat, PicturePart, SaveDialog, SaveOptions};
pub use save_subset::{SaveSubset, SubsetJob, SubsetOffer, SubsetStatus};
pub use scatter_dialog::ScatterDialog;
pub use screens::{CorpusLinks, DatasetCard, EmptyView, ErrorView, LoadingView, StartPage};
pub use set_tests::{SetAsk, SetTestsState};
pub use shell::{Shell, SidebarSection};
pub use shortcuts_dialog::ShortcutsDialog;
pub use test_choice::{Awaited, TestOffer};
pub use toolbar::Toolbar;
pub use top_bar::TopBar;
pub use tour::{Tour, TourAnswer, TourOffer};

/// What components are given and say, made and tested without a browser.
pub use explorer_core::{
    color::Rgb,
    screen::{
        Bars, BrushChange, BrushPhase, CategoryLabels, CategoryValue, CountScale, LegendEntry, LegendModel, ValueCount,
        free_name,
    },
    session::{Breakdown, DeSummary, GeneHit, MarkedLabel, MarkerGene, MarkersSummary, SamplePair},
};
