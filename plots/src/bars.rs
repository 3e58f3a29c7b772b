//! Composition: a bar for each label of a column, divided by the labels of another.

use explorer_core::{
    color::linear_ticks,
    de::Design,
    format::{integer, p_value, percent, short, signed},
    names::visible,
    session::PlotQuestion,
    statistics::{GroupTest, NamedComposition, SampleComparison},
};

use crate::{
    figure::{Align, Figure, Mark, Paint, Shape},
    grid::MARGIN_PX,
    legend,
    table::Table,
    text,
};

/// Height of a bar, and from one to the next.
const BAR_PX: f64 = 18.0;
const STEP_PX: f64 = 24.0;

/// Width of a whole.
const WIDTH_PX: f64 = 420.0;

/// How many cells of each label of the first column have each label of the second. Of one column, how many cells have
/// each label, of all.
pub struct Shares<'a> {
    pub question: &'a PlotQuestion,
    /// A line for each label of the first column.
    pub counts: Vec<Vec<u64>>,
    /// What each line is shares of.
    pub totals: Vec<u64>,
}

impl<'a> Shares<'a> {
    pub fn new(question: &'a PlotQuestion) -> Self {
        let grouping = &question.grouping;
        let n_of = |column: usize| grouping.columns.get(column).map_or(1, |column| column.labels.len());
        let mut counts = vec![vec![0; n_of(1)]; n_of(0)];
        for group in &grouping.groups {
            let second = group.labels.get(1).copied().unwrap_or_default();
            counts[group.labels[0] as usize][second as usize] = group.n_cells;
        }
        let of_line = |line: &Vec<u64>| {
            if grouping.columns.len() > 1 { line.iter().sum::<u64>() } else { grouping.n_cells() }
        };
        let totals = counts.iter().map(of_line).collect();
        Self { question, counts, totals }
    }

    /// What the parts of a line are called; of one column, none.
    pub fn parts(&self) -> &[String] {
        self.question.grouping.columns.get(1).map_or(&[], |column| &column.labels)
    }

    fn tip(&self, line: usize, part: usize) -> String {
        let (count, total) = (self.counts[line][part], self.totals[line]);
        let of = visible(&self.question.grouping.columns[0].labels[line]);
        let share = percent(count as f64 / total.max(1) as f64);
        match self.parts().get(part) {
            Some(part) => format!("{} in {of}: {share}, {} of {} cells", visible(part), integer(count), integer(total)),
            None => format!("{of}: {share}, {} of {} cells", integer(count), integer(total)),
        }
    }

    pub fn table(&self) -> Table {
        let grouping = &self.question.grouping;
        let share = |line: usize, count: u64| {
            format!("{} ({})", integer(count), percent(count as f64 / self.totals[line].max(1) as f64))
        };
        let parts = match self.parts() {
            [] => vec!["cells".to_owned()],
            parts => parts.iter().map(|part| visible(part).into_owned()).collect(),
        };
        let row = |(line, label): (usize, &String)| {
            let counts = self.counts[line].iter().map(|&count| share(line, count));
            [visible(label).into_owned()].into_iter().chain(counts).collect()
        };
        Table {
            caption: "Cells, and their share of the line's".to_owned(),
            header: [grouping.columns[0].name.clone()].into_iter().chain(parts).collect(),
            rows: grouping.columns[0].labels.iter().enumerate().map(row).collect(),
        }
    }
}

/// The test of each part of each group; `cautions` are told with them.
pub fn table_of_tests(composition: &NamedComposition, tests: &[(usize, GroupTest)], cautions: &[String]) -> Table {
    let are_there = composition.counts.are_there();
    let n_of = |test: &GroupTest| match test {
        GroupTest::Cells(_) => "cells".to_owned(),
        GroupTest::Samples(SampleComparison { design: Design::Paired, n_samples: [n, _], .. }) => format!("{n} pairs"),
        GroupTest::Samples(SampleComparison { design: Design::Unpaired, n_samples: [n, others], .. }) => {
            format!("{n} against {others}")
        }
        GroupTest::TooFew(_) => "too few samples".to_owned(),
    };
    let mut rows = Vec::new();
    for (group, test) in tests {
        for part in (0..are_there.len()).filter(|&part| are_there[part]) {
            let found = test.of_part(part);
            let [share, of_others] = composition.counts.shares(*group, part);
            let of_samples = found.filter(|_| matches!(test, GroupTest::Samples(_)));
            let text = |text: Option<String>| text.unwrap_or_default();
            rows.push(vec![
                visible(composition.group(*group)).into_owned(),
                visible(composition.part(part)).into_owned(),
                percent(share),
                percent(of_others),
                text(of_samples.map(|test| signed(test.score))),
                text(found.map(|test| p_value(test.log10_pval))),
                text(found.map(|test| p_value(test.log10_pval_adj))),
                n_of(test),
            ]);
        }
    }
    let overall = composition.counts.chi_squared().filter(|_| composition.samples.is_none());
    let overall = overall.map(|test| {
        format!(". Over all: χ² {}, df {}, p {}", short(test.statistic, 4), test.df, p_value(test.log10_pval))
    });
    let header = [composition.by.as_str(), &composition.of, "share", "of others", "t", "p", "adjusted p", "of"];
    let method = format!("{}{}.", composition.method(), overall.unwrap_or_default());
    Table {
        caption: [method].iter().chain(cautions).map(String::as_str).collect::<Vec<_>>().join(" "),
        header: header.map(str::to_owned).to_vec(),
        rows,
    }
}

pub fn draw(shares: &Shares<'_>) -> Figure {
    let grouping = &shares.question.grouping;
    let mut figure = Figure::new(shares.question.plot.title(), shares.question.ground);
    let names: Vec<String> = grouping.columns[0].labels.iter().map(|label| text::label(label)).collect();
    let left = MARGIN_PX + text::widest(&names) + 8.0;
    let (n_lines, top) = (names.len(), MARGIN_PX);
    let second = grouping.columns.get(1);
    let longest = shares
        .counts
        .iter()
        .zip(&shares.totals)
        .map(|(line, &total)| line.iter().sum::<u64>() as f64 / total.max(1) as f64);
    let most = longest.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    for (line, name) in names.into_iter().enumerate() {
        let y = top + line as f64 * STEP_PX;
        figure.text([left - 8.0, y + BAR_PX / 2.0], name, Align::End, Paint::Text);
        let mut x = left;
        for (part, &count) in shares.counts[line].iter().enumerate() {
            let width = WIDTH_PX * count as f64 / shares.totals[line].max(1) as f64 / most;
            let color = second.map_or(grouping.columns[0].colors[line], |column| column.colors[part]);
            let area = [x, y, width, BAR_PX];
            if count > 0 {
                let shapes = vec![Shape::Rect { area, fill: Paint::Color(color) }];
                figure.mark(Mark { row: line, column: part, tip: shares.tip(line, part), area, shapes });
            }
            x += width;
        }
        if second.is_some() {
            let total = format!("n = {}", integer(shares.totals[line]));
            figure.text([left + WIDTH_PX + 8.0, y + BAR_PX / 2.0], total, Align::Start, Paint::Muted);
        }
    }
    let bottom = top + n_lines as f64 * STEP_PX;
    for tick in linear_ticks(0.0, most * 100.0, 5) {
        let place = left + WIDTH_PX * tick.place;
        figure.line([place, bottom], [place, bottom + 4.0], Paint::Muted);
        figure.text([place, bottom + 13.0], tick.label, Align::Middle, Paint::Muted);
    }
    figure.line([left, bottom], [left + WIDTH_PX, bottom], Paint::Line);
    figure.text([left + WIDTH_PX / 2.0, bottom + 32.0], "Cells (%)", Align::Middle, Paint::Muted);
    figure.size = [left + WIDTH_PX + 90.0 + MARGIN_PX, bottom + 40.0 + MARGIN_PX];
    if let Some(column) = second {
        let colors = column.colors.iter().map(|&color| Paint::Color(color));
        let labels: Vec<_> = column.labels.iter().cloned().zip(colors).collect();
        legend::labels(&mut figure, [left + WIDTH_PX + 100.0, top], &column.name, &labels);
    }
    figure
}

#[cfg(test)]
mod tests {
    use explorer_core::{
        data::{Categorical, Codes},
        filter::CellMask,
    };

    use super::*;

    #[test]
    fn the_caption_of_tests_ends_with_their_cautions_if_there_are_any() {
        let of = |codes: [u8; 4]| Categorical {
            codes: Codes::U8(codes.to_vec()),
            categories: ["a", "b"].map(str::to_owned).into(),
            ordered: false,
        };
        let (part, group) = (of([0, 1, 0, 1]), of([0, 0, 1, 1]));
        let composition = NamedComposition::count([("part", &part), ("group", &group)], None, &CellMask::all(4));
        let tests = composition.tests();
        let caption = |cautions: &[String]| table_of_tests(&composition, &tests, cautions).caption;
        let plain = caption(&composition.cautions(&tests));
        assert!(plain.contains("each group against all others. Over all: χ²") && plain.ends_with("p 1."), "{plain}");
        assert_eq!(caption(&["One is left out.".to_owned()]), format!("{plain} One is left out."));
    }
}
