//! The rules by number.

use crate::finding::Severity;

/// A rule. Numbers 1 to 145 are those of the original, in the order of its checks; from 201 on they are of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule(pub(crate) u16);

/// Number, name, how severe, and what is wrong, as the end of a sentence that begins with a place.
type Entry = (u16, &'static str, Severity, &'static str);

const ERROR: Severity = Severity::Error;
const WARNING: Severity = Severity::Warning;
const STRICT: Severity = Severity::Strict;

impl Rule {
    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Its identifier: `R46`, or `T201` for a rule of our own.
    pub fn id(self) -> String {
        format!("{}{}", if self.0 > 200 { 'T' } else { 'R' }, self.0)
    }

    /// Its name, which stays.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// How severe it is, unless a finding says otherwise.
    pub(crate) fn severity(self) -> Severity {
        self.entry().2
    }

    /// What is wrong, in a few words.
    pub fn title(self) -> &'static str {
        self.entry().3
    }

    /// Whether the text of a finding tells more than the title: what could not be read, what a shape is.
    pub fn is_told_by_text(self) -> bool {
        matches!(self.0, 1..=3 | 16 | 18 | 20 | 23 | 33 | 36 | 66 | 73..=77 | 87..=99 | 105..=125 | 128..=132 | 142)
    }

    /// All rules.
    pub fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(|(number, ..)| Self(*number))
    }

    fn entry(self) -> &'static Entry {
        RULES.iter().find(|(number, ..)| *number == self.0).expect("every rule that is made is in the list")
    }
}

const RULES: [Entry; 144] = [
    (1, "file_unreadable", ERROR, "the file cannot be read"),
    (2, "file_undecodable", ERROR, "the file cannot be read as AnnData"),
    (3, "file_unexpected", ERROR, "a check cannot be finished"),
    (5, "names_duplicate_column", ERROR, "a column name stands twice"),
    (6, "names_deprecated_name", ERROR, "the name is one of an older version of the schema"),
    (7, "names_double_underscore", ERROR, "a name begins with two underscores"),
    (8, "names_forbidden_column", ERROR, "the column must not be in raw.var"),
    (9, "names_reserved_column", ERROR, "the column is written on submission and must not be in obs"),
    (10, "names_reserved_uns_key", ERROR, "the key is written on submission and must not be in uns"),
    (11, "names_label_target_exists", ERROR, "the column or key is where labels are written; it must not be there yet"),
    (12, "names_reserved_nested_key", ERROR, "the key is written on submission and must not be in a perturbation"),
    (13, "names_forbidden_nested_key", ERROR, "`na` is no identifier of a perturbation"),
    (14, "matrix_sparse_encoding", ERROR, "the sparse matrix is not CSR"),
    (15, "matrix_unknown_encoding", ERROR, "the matrix is neither CSR nor an array that says so"),
    (16, "matrix_too_sparse_dense", ERROR, "a dense matrix is more than half zeros"),
    (17, "matrix_duplicate_raw_rows", ERROR, "cells have the same raw counts"),
    (18, "raw_gene_count", ERROR, "raw.X has another number of genes than X"),
    (19, "raw_gene_order", ERROR, "the genes of raw.var are not those of var in order"),
    (21, "raw_dtype", ERROR, "raw values are not of type float32"),
    (23, "raw_visium_rows", ERROR, "the raw matrix has not every spot of the slide"),
    (24, "raw_zero_row", ERROR, "cells have no counts"),
    (25, "raw_not_counts", ERROR, "raw values are negative or no whole numbers"),
    (26, "raw_off_tissue_all_zero", ERROR, "no spot off the tissue has counts"),
    (27, "raw_in_tissue_zero_row", ERROR, "spots in tissue have no counts"),
    (28, "raw_raw_may_be_missing", ERROR, "raw.X is not raw"),
    (29, "raw_raw_missing", ERROR, "X is not raw, and there is no raw.X"),
    (30, "raw_only_raw", WARNING, "there is only raw data; add normalized values as X and keep these as raw.X"),
    (31, "raw_raw_not_checked", WARNING, "raw values were not checked, since there are errors"),
    (32, "frame_not_unique", ERROR, "values of the index repeat"),
    (33, "frame_mixed_types", ERROR, "the column holds values of several kinds, or none"),
    (35, "frame_unused_category", WARNING, "a category has no cell"),
    (36, "frame_column_forbidden_here", ERROR, "the column must not be there"),
    (37, "frame_missing_column", ERROR, "the column is missing"),
    (38, "frame_few_genes", WARNING, "there are fewer genes than a genome has"),
    (39, "frame_all_na", ERROR, "every value is `na`"),
    (40, "frame_not_bool", ERROR, "the column is not of truth values"),
    (41, "frame_not_categorical", ERROR, "the column is not categorical"),
    (42, "frame_categories_not_text", ERROR, "categories are not texts"),
    (43, "frame_blank_category", ERROR, "a category is blank"),
    (44, "frame_nan_category", ERROR, "values are missing"),
    (45, "frame_forbidden_value", ERROR, "the value is not allowed"),
    (46, "frame_not_in_list", ERROR, "the value is not in the list"),
    (47, "frame_nan_term", ERROR, "terms are missing"),
    (48, "frame_unknown_suspension_assay", WARNING, "an assay is not in the table of suspension types"),
    (49, "term_only_exceptions", ERROR, "only `na` is allowed here"),
    (50, "term_not_text", ERROR, "the term is not a text"),
    (51, "term_unsorted", ERROR, "the terms of a list are not sorted"),
    (52, "term_repeated", ERROR, "a list repeats a term"),
    (53, "term_forbidden_term", ERROR, "the term is not allowed"),
    (54, "term_deprecated", ERROR, "the term is deprecated"),
    (55, "term_unknown", ERROR, "the term is in none of the ontologies that are allowed here"),
    (56, "term_forbidden_branch", ERROR, "the term is in a branch that is not allowed here"),
    (57, "term_not_allowed", ERROR, "the term exists, but is not in a branch or list that is allowed here"),
    (58, "cross_tissue_prefix", ERROR, "the tissue is of an ontology that does not fit tissue_type or organism"),
    (59, "cross_cell_line_na", ERROR, "of a cell line, the cell type is `na` for all cells or for none"),
    (60, "cross_cell_type_prefix", ERROR, "the cell type is of an ontology that does not fit the organism"),
    (61, "var_unknown_feature", ERROR, "the gene is unknown"),
    (62, "var_foreign_features", ERROR, "genes are of another organism than the dataset"),
    (63, "var_filtered_not_bool", ERROR, "the flags are not truth values"),
    (64, "var_filtered_without_raw", ERROR, "a gene is flagged as filtered, but there is no raw matrix"),
    (65, "var_zero_gene_not_flagged", WARNING, "genes are zero in X but not in raw.X, and not flagged"),
    (66, "var_size_mismatch", ERROR, "var and raw.var differ in length, so flags cannot be checked"),
    (67, "var_flagged_gene_nonzero", WARNING, "genes are flagged as filtered, but have values in X"),
    (68, "obsm_none", ERROR, "there is no embedding"),
    (69, "obsm_x_spatial", ERROR, "the key X_spatial is not allowed"),
    (70, "obsm_suffix", ERROR, "the key has letters that are not allowed after X_"),
    (71, "obsm_key", ERROR, "the key has letters that are not allowed"),
    (72, "obsm_not_shown", WARNING, "the embedding is not shown, since its key begins with neither X_ nor is spatial"),
    (73, "obsm_not_array", ERROR, "the embedding is not an array"),
    (74, "obsm_one_dimension", ERROR, "the embedding has one dimension"),
    (76, "obsm_no_column", ERROR, "the array has no column"),
    (77, "obsm_one_column", ERROR, "the embedding has fewer than two columns"),
    (78, "obsm_dtype", ERROR, "the embedding holds no numbers"),
    (79, "obsm_infinite", ERROR, "the embedding holds infinite values"),
    (80, "obsm_spatial_nan", ERROR, "spatial coordinates are missing"),
    (81, "obsm_all_nan", ERROR, "every value is missing"),
    (82, "obsm_no_x_key", ERROR, "no embedding's key begins with X_"),
    (83, "obsm_spatial_missing", ERROR, "spatial coordinates are missing from obsm"),
    (84, "obsm_spatial_forbidden", ERROR, "spatial coordinates need uns.spatial.is_single"),
    (85, "arrays_zero_size", ERROR, "the array is empty"),
    (86, "uns_missing_key", ERROR, "the key is missing"),
    (87, "uns_not_text", ERROR, "the value is not a text"),
    (88, "uns_trailing_space", ERROR, "the text ends in blanks"),
    (89, "uns_leading_space", ERROR, "the text begins with blanks"),
    (90, "uns_double_space", ERROR, "the text has blanks in a row, tabs or line feeds"),
    (91, "uns_not_in_list", ERROR, "the value is not in the list"),
    (92, "uns_pattern", ERROR, "the value is not of the form that is asked for"),
    (93, "uns_not_obsm_key", ERROR, "the value is no key of obsm"),
    (94, "uns_not_list", ERROR, "the value is not a list"),
    (95, "uns_not_obs_column", ERROR, "the value is no column of obs"),
    (96, "uns_not_dict", ERROR, "the value is not a dictionary"),
    (97, "uns_forbidden_key", ERROR, "`na` is no identifier of a perturbation"),
    (98, "uns_extra_key", ERROR, "the dictionary has other keys than those allowed"),
    (99, "uns_empty_value", ERROR, "the value is empty"),
    (100, "colors_no_column", ERROR, "colors are of no categorical column of obs"),
    (101, "colors_not_array", ERROR, "colors are not an array"),
    (102, "colors_not_text", ERROR, "colors are not texts"),
    (103, "colors_too_few", ERROR, "there are fewer colors than categories"),
    (104, "colors_not_colors", ERROR, "colors are neither all #rrggbb nor all names of CSS"),
    (105, "spatial_not_spatial_assay", ERROR, "uns.spatial is there, but the assay is not spatial"),
    (106, "spatial_missing", ERROR, "uns.spatial is missing"),
    (107, "spatial_no_is_single", ERROR, "is_single is missing"),
    (108, "spatial_is_single_type", ERROR, "is_single is not a truth value"),
    (109, "spatial_libraries", ERROR, "there is more than one library"),
    (110, "spatial_library_forbidden", ERROR, "a library is there, but the assay is not Visium of a single section"),
    (111, "spatial_library_missing", ERROR, "the library is missing"),
    (112, "spatial_library_not_dict", ERROR, "the library is not a dictionary"),
    (113, "spatial_library_keys", ERROR, "the library has other keys than images and scalefactors"),
    (114, "spatial_images", ERROR, "images are missing"),
    (115, "spatial_image_keys", ERROR, "images have other keys than hires and fullres"),
    (116, "spatial_hires_missing", ERROR, "the image hires is missing"),
    (117, "spatial_no_fullres", WARNING, "the image fullres is recommended"),
    (118, "spatial_image_array", ERROR, "the image is not an array of three dimensions"),
    (119, "spatial_image_dtype", ERROR, "the image is not of bytes"),
    (120, "spatial_image_shape", ERROR, "the image has not three or four channels"),
    (121, "spatial_hires_size", ERROR, "the image is not of the size that is asked for"),
    (122, "spatial_scalefactors", ERROR, "scalefactors are missing"),
    (123, "spatial_scalefactor_keys", ERROR, "scalefactors have other keys than the two allowed"),
    (124, "spatial_scalefactor_missing", ERROR, "a scale factor is missing"),
    (125, "spatial_scalefactor_type", ERROR, "a scale factor is not a real number of 64 bits"),
    (126, "spatial_generic_visium", ERROR, "the assay is Visium without its kind"),
    (127, "spatial_one_assay", ERROR, "a spatial dataset has several assays"),
    (128, "spatial_position_forbidden", ERROR, "the column is only for Visium of a single section"),
    (129, "spatial_position_missing", ERROR, "the column is missing"),
    (130, "spatial_position_nan", ERROR, "positions are missing"),
    (131, "spatial_position_int", ERROR, "positions are not whole numbers"),
    (132, "spatial_position_range", ERROR, "positions are off the slide"),
    (133, "spatial_off_tissue_cell_type", ERROR, "spots off the tissue have a cell type"),
    (134, "spatial_primary_not_single", ERROR, "the dataset is of several sections, so no cell is primary data"),
    (135, "perturbation_uns_missing", ERROR, "obs has perturbations that uns does not describe"),
    (136, "perturbation_obs_missing", ERROR, "uns describes perturbations, but obs has none"),
    (137, "perturbation_unsorted", ERROR, "identifiers are not sorted"),
    (138, "perturbation_repeated", ERROR, "identifiers repeat"),
    (139, "perturbation_unknown_id", ERROR, "the identifier is not in uns"),
    (140, "perturbation_strategy_none", ERROR, "a cell with a perturbation has the strategy `no perturbations`"),
    (141, "perturbation_control_role", ERROR, "the strategy is control, but the perturbation is not"),
    (142, "perturbation_check_failed", ERROR, "perturbations cannot be checked"),
    (143, "pre_key_not_allowed", ERROR, "the key must not be in a dataset before analysis"),
    (201, "no_cell_type", STRICT, "obs has no cell types; the original accepts that by mistake and fails later"),
    (202, "missing_counts", STRICT, "raw values are missing or infinite; the original takes them for counts"),
    (203, "perturbation_name", STRICT, "the identifier of a perturbation has blanks, a comma, a quote or a slash"),
    (204, "perturbation_all_na", STRICT, "every perturbation is `na`, so the column must not be there"),
    (205, "perturbation_organism", STRICT, "perturbations are only for human, mouse and zebrafish"),
    (206, "spatial_key", STRICT, "the key of spatial coordinates is `spatial`, in lower case"),
];
