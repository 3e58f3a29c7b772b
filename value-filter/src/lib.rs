//! Filters of cells and genes as text: `cell_type == 'B cell' and n_genes > 500`.
//!
//! The grammar is that of SOMA's `value_filter`, which is Python's: comparisons and their chains, `in` and `not in` of lists,
//! `and or not & |`, `attr('a column')`, `val(1)`, `== None` for what is missing. Added are a column of truth values by
//! itself, `column like 'T cell%'` (`%` any text, `_` any character), `contains(column, 'label')` for labels joined by
//! ` || `, and `descendants(column, 'CL:0000084')`.
//!
//! A missing value passes `== None` alone, whether a condition is negated or not. A number is compared with a column in the
//! type of the column where that is `f32`, and otherwise exactly. Labels of an ordered column compare by its order, those that
//! are numbers in the file as numbers, and all others as text.

mod condition;
mod error;
mod evaluate;
mod lexer;
mod parser;
mod table;
mod term_tree;

pub use condition::{Comparison, Condition, Filter, Literal, Test};
pub use error::FilterError;
pub use evaluate::{ChosenLabels, SelectError, Selected, Terms};
pub use table::{ColumnFacts, Obs, Table, ValueKind, Var};
pub use term_tree::TermTree;
