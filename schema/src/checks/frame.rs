//! The data frame of cells, and what is asked of any data frame.

use h5ad::{FrameColumn, RawValue};

use super::terms::{self, Site};
use super::{Context, Outcome, Thrown, thrown, type_name};
use crate::bounds;
use crate::column::{Column, Part};
use crate::definition::{Check, Dependency, Kind, NA, OBS, Set, UNKNOWN_SUSPENSION, When};
use crate::document::{Frame, text};
use crate::finding::{At, Finding, Fix, Rows};
use crate::labels::used;
use crate::python::{self, Value};
use crate::suggest;

/// So many wrong values of a column are looked for by label and synonym, or among names that are like them.
pub(super) const N_SEARCHED: usize = 100;

/// Checks `obs`.
pub(super) fn obs(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let obs = &context.document.obs;
    unique(out, "obs", &obs.raw.index, || {
        "make the names unique (`adata.obs_names_make_unique()`, or a prefix per sample)".to_owned()
    });
    kinds(out, "obs", obs);
    for column in OBS.iter().filter(|column| obs.has(column.name)) {
        must_not_be_there(context, out, column.name, column.dependencies);
    }
    let has_organism = context.options.compat || context.has_organism();
    for definition in &OBS {
        let name = definition.name;
        let n_before = out.len();
        let Some(column) = obs.column(name) else {
            if definition.is_required && is_required(context, name, definition.dependencies) {
                missing(out, "obs", name, obs);
            }
            continue;
        };
        let mut matched = vec![false; obs.n_rows()];
        for dependency in definition.dependencies {
            let Some((mask, suffix)) = holds(context, dependency)? else { continue };
            let part = Part { column, mask: Some(&mask) };
            if !part.is_empty() {
                let suffix = dependency.check.suffix.map_or(suffix, str::to_owned);
                part_of(context, out, name, part, &dependency.check, &suffix)?;
            }
            for (matched, holds) in matched.iter_mut().zip(&mask) {
                *matched |= holds;
            }
        }
        let rest: Vec<bool> = matched.into_iter().map(|matched| !matched).collect();
        let part = Part { column, mask: Some(&rest) };
        if !part.is_empty() {
            if name == "suspension_type" {
                let assays = obs.column(crate::definition::ASSAY);
                let unknown = assays.map(|assays| Part { column: assays, mask: Some(&rest) });
                let unknown = unknown.map(|part| part.values().into_iter().map(|at| part.value(at).str()).collect());
                let value = unknown.map(|names: Vec<String>| names.join(", "));
                let mut finding =
                    Finding::new(48, format!("obs.{name}"), UNKNOWN_SUSPENSION).column(format!("obs.{name}"));
                finding.value = value;
                out.push(finding);
            }
            part_of(context, out, name, part, &definition.check, definition.check.suffix.unwrap_or_default())?;
        }
        if !has_organism && definition.dependencies.iter().any(Dependency::asks_organism) {
            for finding in out[n_before..].iter_mut().filter(|finding| matches!(finding.rule.number(), 49..=57)) {
                finding.suggestion = Some(super::prefix::AFTER_ORGANISM.to_owned());
                finding.fix = None;
            }
        }
    }
    Ok(())
}

/// Names that repeat in an index, and what to do about that.
pub(super) fn unique(out: &mut Vec<Finding>, frame: &str, index: &[String], suggestion: impl FnOnce() -> String) {
    let mut names: Vec<&String> = index.iter().collect();
    names.sort_unstable();
    let repeated: Vec<&&String> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    if repeated.is_empty() {
        return;
    }
    let is_repeated = |name: &String| repeated.binary_search(&&name).is_ok();
    let rows = Rows::of(index, (0..index.len()).filter(|row| is_repeated(&index[*row])));
    let text = format!("Column 'index' in dataframe '{frame}' is not unique.");
    let finding = Finding::new(32, format!("{frame}.index"), text).column(format!("{frame}.index")).rows(rows);
    out.push(finding.suggest(Some(suggestion())));
}

/// Columns of several kinds of values, and categories that no row has.
pub(super) fn kinds(out: &mut Vec<Finding>, frame: &str, columns: &Frame) {
    for column in &columns.raw.columns {
        let name = &column.name;
        let place = format!("{frame}.{name}");
        let FrameColumn::Categorical { codes, categories, .. } = &column.values else {
            let types = types(column);
            if types.len() != 1 {
                let types = match types.is_empty() {
                    true => "set()".to_owned(),
                    false => format!("{{{}}}", types.join(", ")),
                };
                let text = format!("Column '{name}' in dataframe '{frame}' cannot contain mixed types. Found {types}.");
                out.push(Finding::new(33, &place, text).column(&place));
            }
            continue;
        };
        if frame != "obs" {
            continue;
        }
        let is_used = used(codes, categories.len());
        for (category, _) in categories.iter().zip(is_used).filter(|(_, is_used)| !is_used) {
            let text = format!(
                "Column '{name}' in dataframe '{frame}' contains a category '{category}' with zero observations. These \
                 categories will be removed when `--add-labels` flag is present."
            );
            let fix = Fix::DropCategories { column: name.clone() };
            out.push(Finding::new(35, &place, text).column(&place).value(category).fix(Some(fix)));
        }
    }
}

/// The types of the values of a column, as Python names them.
fn types(column: &h5ad::RawColumn) -> Vec<String> {
    fn of<T>(values: &[Option<T>], own: String) -> Vec<String> {
        let missing = values.iter().any(Option::is_none).then(|| "<class 'pandas._libs.missing.NAType'>".to_owned());
        let own = values.iter().any(Option::is_some).then_some(own);
        own.into_iter().chain(missing).collect()
    }
    fn some(n: usize, own: String) -> Vec<String> {
        if n == 0 { Vec::new() } else { vec![own] }
    }
    let numpy = || format!("<class 'numpy.{}'>", column.dtype.to_ascii_lowercase());
    match &column.values {
        FrameColumn::Strings(values) => of(values, "<class 'str'>".to_owned()),
        FrameColumn::Booleans(values) => of(values, "<class 'numpy.bool'>".to_owned()),
        FrameColumn::Integers(values) => of(values, numpy()),
        FrameColumn::Unsigned(values) => of(values, numpy()),
        FrameColumn::Singles(values) => some(values.len(), numpy()),
        FrameColumn::Doubles(values) => some(values.len(), numpy()),
        FrameColumn::Categorical { codes, .. } => some(codes.len(), "category".to_owned()),
        FrameColumn::Unsupported { .. } => Vec::new(),
    }
}

pub(super) fn missing(out: &mut Vec<Finding>, frame: &str, name: &str, columns: &Frame) {
    let text = format!("Dataframe '{frame}' is missing column '{name}'.");
    let place = format!("{frame}.{name}");
    let alike = columns.names().find(|known| known.trim().eq_ignore_ascii_case(name));
    let alike = alike.or_else(|| suggest::closest(name, columns.names()));
    let suggestion = alike.map(|alike| format!("perhaps the column `{alike}` is meant; rename it"));
    let suggestion = suggestion.or_else(|| from_labels(columns, name).filter(|_| frame == "obs"));
    out.push(Finding::new(37, &place, text).column(&place).suggest(suggestion));
}

/// What to do about a column of identifiers that is missing where their labels are there.
pub(super) fn from_labels(columns: &Frame, name: &str) -> Option<String> {
    let label = name.strip_suffix("_ontology_term_id").filter(|label| columns.has(label))?;
    Some(format!("write the identifiers of what is in `{label}` to it"))
}

/// Tells a column that must not be there.
fn must_not_be_there(context: &Context<'_>, out: &mut Vec<Finding>, name: &str, dependencies: &[Dependency]) {
    for dependency in dependencies.iter().filter(|dependency| dependency.is_forbidden) {
        let Ok(Some((mask, _))) = holds(context, dependency) else { continue };
        if !mask.contains(&true) {
            continue;
        }
        let conditions: Vec<String> = dependency
            .when
            .iter()
            .map(|when| match when {
                When::NoKey(key) => format!("uns['{key}'] is not present"),
                When::Key { name, .. } => format!("uns['{name}'] is present"),
                When::NoColumn(column) => format!("obs column '{column}' is not present"),
                When::Column { name, .. } => format!("obs column '{name}' has specific values"),
            })
            .collect();
        let conditions = conditions.join(" and ");
        let text = format!("Column '{name}' in dataframe 'obs' must not be present when {conditions}.");
        let place = format!("obs.{name}");
        out.push(Finding::new(36, &place, text).column(&place));
        return;
    }
}

/// Whether a column that is not there should be.
fn is_required(context: &Context<'_>, name: &str, dependencies: &[Dependency]) -> bool {
    let mut by_key = None;
    let (mut asks_column, mut by_column) = (false, false);
    for dependency in dependencies {
        let has_key = dependency.when.iter().any(|when| matches!(when, When::Key { .. } | When::NoKey(_)));
        let has_na = |set: &Set| set.words.contains(&NA);
        let has_column = dependency.when.iter().any(|when| match when {
            When::Column { name: column, is, is_not } => *column == name || has_na(is) || has_na(is_not),
            When::Key { .. } | When::NoKey(_) | When::NoColumn(_) => false,
        });
        asks_column |= has_column;
        let mask = match holds(context, dependency) {
            Ok(Some((mask, _))) => mask,
            Ok(None) => continue,
            // The original then takes it for required.
            Err(_) => return true,
        };
        let any = mask.contains(&true);
        if has_key && any && by_key.is_none() {
            by_key = Some(!dependency.is_forbidden);
        }
        by_column |= has_column && any && !dependency.is_forbidden;
    }
    by_key != Some(false) && (!asks_column || by_column)
}

/// The rows for which all conditions hold, and how messages put them; none where no condition can be told.
fn holds(context: &Context<'_>, dependency: &Dependency) -> Result<Option<(Vec<bool>, String)>, Thrown> {
    let mut all: Option<Vec<bool>> = None;
    let mut suffixes = Vec::new();
    for when in dependency.when {
        let Some((mask, suffix)) = condition(context, when)? else { continue };
        all = Some(match all {
            Some(all) => all.iter().zip(&mask).map(|(a, b)| *a && *b).collect(),
            None => mask,
        });
        suffixes.extend(suffix);
    }
    Ok(all.map(|mask| (mask, suffixes.join("; or "))))
}

type Condition = Option<(Vec<bool>, Option<String>)>;

fn condition(context: &Context<'_>, when: &When) -> Result<Condition, Thrown> {
    let (document, n) = (context.document, context.document.obs.n_rows());
    let is_in = |set: &Set, text: &str| set.words.contains(&text) || context.reference.is_within(text, set.within);
    Ok(match when {
        When::Column { name, is, is_not } => {
            let Some(column) = document.obs.column(name) else { return Ok(None) };
            let mask = column.rows_where(|value| {
                let text = value.text();
                let is_one = is.is_empty() || text.is_some_and(|text| is_in(is, text));
                is_one && (is_not.is_empty() || !text.is_some_and(|text| is_in(is_not, text)))
            });
            let part = Part { column, mask: Some(&mask) };
            let values = python::list(part.values().into_iter().map(|at| part.repr(at)));
            Some((mask, Some(format!("when '{name}' is in {values}"))))
        }
        When::Key { name, is, is_not } => {
            let Some(value) = document.key(name) else { return Ok(None) };
            let asks = !is.is_empty() || !is_not.is_empty();
            if asks && matches!(value, RawValue::Array(_) | RawValue::Dict(_) | RawValue::Frame { .. }) {
                let name_of_type = type_name(value, "uns", name);
                return Err(thrown(&format!("uns.{name}"), format!("unhashable type: '{name_of_type}'")));
            }
            let text = text(value);
            let is_one = is.is_empty() || text.is_some_and(|text| is_in(is, text));
            let holds = is_one && (is_not.is_empty() || !text.is_some_and(|text| is_in(is_not, text)));
            let suffix = match asks {
                true => Some(format!("when '{name}' is '{}'", context.str(value)?)),
                false => None,
            };
            Some((vec![holds; n], suffix))
        }
        When::NoKey(name) => Some((vec![document.key(name).is_none(); n], None)),
        When::NoColumn(name) => {
            let suffix = format!("when obs key '{name}' is not present");
            Some((vec![!document.obs.has(name); n], Some(suffix)))
        }
    })
}

/// Checks some rows of a column of `obs`. Where the original throws, its messages lack the suffix.
fn part_of(
    context: &Context<'_>,
    out: &mut Vec<Finding>,
    name: &str,
    part: Part<'_>,
    check: &Check,
    suffix: &str,
) -> Outcome {
    if !check.values.is_empty() && part.values().into_iter().any(|at| *part.value(at) == Value::Missing) {
        checked(context, out, name, part, check, "", suffix)?;
        return Err(thrown(&format!("obs.{name}"), "boolean value of NA is ambiguous"));
    }
    checked(context, out, name, part, check, suffix, suffix)
}

fn checked(
    context: &Context<'_>,
    out: &mut Vec<Finding>,
    name: &str,
    part: Part<'_>,
    check: &Check,
    suffix: &str,
    suffix_of_terms: &str,
) -> Outcome {
    let index = &context.document.obs.raw.index;
    let place = format!("obs.{name}");
    let values = part.values();
    let has_missing = values.iter().any(|at| part.value(*at).is_null());
    // The original gives up before it adds what follows, where terms are missing.
    let suffix = if matches!(check.kind, Kind::Terms(_)) && has_missing { "" } else { suffix };
    let finding = |rule: u16, text: String| {
        let text = if suffix.is_empty() { text } else { format!("{text} {suffix}") };
        Finding::new(rule, &place, text).column(&place)
    };
    let column = part.column;
    let here = format!("Column '{name}' in dataframe 'obs'");
    let is_na = |value: &Value| *value == Value::Missing || value.text() == Some(NA);
    if check.not_all_na && values.iter().all(|at| is_na(part.value(*at))) {
        let text = format!("{here} MUST NOT be present when all values are 'na'. Remove it from h5ad and try again.");
        let fix = Fix::Drop { frame: "obs".to_owned(), name: name.to_owned() };
        out.push(finding(39, text).fix(Some(fix)));
    }
    match check.kind {
        Kind::Bool if column.dtype != "bool" => {
            out.push(finding(40, format!("{here} must be boolean, not '{}'.", column.dtype)));
        }
        Kind::Categorical => categorical(context, out, part, check, &here, &finding, has_missing),
        Kind::Nothing | Kind::Bool | Kind::Terms(_) => {}
    }
    if !check.values.is_empty() && !values.iter().any(|at| *part.value(*at) == Value::Missing) {
        let wrong: Vec<usize> = values.iter().copied().filter(|at| !is_one_of(part.value(*at), check.values)).collect();
        if !wrong.is_empty() {
            let listed = python::list(wrong.iter().map(|at| part.repr(*at)));
            let allowed = python::texts(check.values);
            let text = format!("{here} contains invalid values '{listed}'. Values must be one of {allowed}");
            let is_wrong = |value: &Value| !is_one_of(value, check.values);
            let better: Vec<(String, suggest::Better)> = wrong
                .iter()
                .filter_map(|at| part.value(*at).text())
                .filter_map(|value| Some((value.to_owned(), suggest::word(value, check.values)?)))
                .collect();
            let fix = match &better[..] {
                [(from, suggest::Better { exact: Some(to), .. })] if wrong.len() == 1 => {
                    Some(Fix::Replace { at: At::Obs(name.to_owned()), from: from.clone(), to: to.clone() })
                }
                _ => None,
            };
            let suggestion: Vec<String> =
                better.iter().map(|(value, better)| format!("for `{value}`: {}", better.text)).collect();
            let suggestion = match suggestion.is_empty() {
                true => format!("allowed are {}", check.values.join(", ")),
                false => suggestion.join("; "),
            };
            let shown: Vec<String> = wrong.iter().map(|at| part.value(*at).str()).collect();
            let rows = part.rows(index, is_wrong);
            out.push(finding(46, text).value(shown.join(", ")).rows(rows).suggest(Some(suggestion)).fix(fix));
        }
    }
    if let Kind::Terms(allowed) = check.kind {
        if has_missing {
            let rows = part.rows(index, Value::is_null);
            out.push(finding(47, format!("{here} must not contain NaN values.")).rows(rows));
            return Ok(());
        }
        let mut site =
            Site { at: At::Obs(name.to_owned()), column: name, suffix: suffix_of_terms, searches_labels: true };
        // The values of which something is found, and the end of that among all.
        let mut wrong: Vec<(usize, usize)> = Vec::new();
        let n_before = out.len();
        for at in values {
            if context.watch.is_stopped() {
                return Err(Thrown::Stopped);
            }
            site.searches_labels = !context.options.compat && wrong.len() < N_SEARCHED;
            let n_known = out.len();
            terms::check(context, out, allowed, part.value(at), &site);
            if out.len() > n_known {
                wrong.push((at, out.len()));
            }
        }
        let mut first = n_before;
        let rows = part.rows_of(index, wrong.iter().map(|(at, _)| *at));
        for ((_, end), rows) in wrong.into_iter().zip(rows) {
            out[first..end].iter_mut().for_each(|finding| finding.rows.clone_from(&rows));
            first = end;
        }
        if !context.options.compat {
            bounds::list(out, n_before);
        }
    }
    Ok(())
}

fn is_one_of(value: &Value, words: &[&str]) -> bool {
    value.text().is_some_and(|text| words.contains(&text))
}

fn categorical(
    context: &Context<'_>,
    out: &mut Vec<Finding>,
    part: Part<'_>,
    check: &Check,
    here: &str,
    finding: &dyn Fn(u16, String) -> Finding,
    has_missing: bool,
) {
    let column: &Column = part.column;
    let index = &context.document.obs.raw.index;
    let Some(categories) = &column.categories else {
        let name = finding(41, String::new()).place.trim_start_matches("obs.").to_owned();
        let are_texts = column.all().values().into_iter().all(|at| column.values[at].text().is_some());
        let is_fixed = matches!(column.dtype.as_str(), "object" | "string") && are_texts;
        let fix = is_fixed.then_some(Fix::Categorize { column: name });
        out.push(finding(41, format!("{here} must be categorical, not {}.", column.dtype)).fix(fix));
        return;
    };
    if check.is_text {
        if categories.dtype != "object" {
            out.push(finding(42, format!("{here} must be object or string, not {}.", categories.dtype)));
        } else if column.values[..categories.n].iter().any(|value| value.str().trim().is_empty()) {
            let rows = part.rows(index, |value| value.text().is_some_and(|text| text.trim().is_empty()));
            out.push(finding(43, format!("{here} must not contain empty values.")).rows(rows));
        }
    }
    if check.values.is_empty() && has_missing {
        let rows = part.rows(index, Value::is_null);
        out.push(finding(44, format!("{here} must not contain NaN values.")).rows(rows));
    }
    let is_forbidden = |value: &Value| is_one_of(value, check.forbidden);
    let wrong: Vec<String> = part
        .values()
        .into_iter()
        .map(|at| part.value(at))
        .filter(|value| is_forbidden(value))
        .map(Value::repr)
        .collect();
    if !wrong.is_empty() {
        let (listed, forbidden) = (python::list(&wrong), python::texts(check.forbidden));
        let text = format!("{here} contains forbidden values '{listed}'. Values must not be one of {forbidden}");
        out.push(finding(45, text).rows(part.rows(index, is_forbidden)));
    }
}
