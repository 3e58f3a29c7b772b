//! The tables, and what their rows mean.

use crate::{
    pages::measures::Measures,
    table::{self, Table},
};

/// A row of the comparison: a title, how its numbers are written, where they are.
struct Row {
    title: &'static str,
    write: fn(f64) -> String,
    of: fn(&Measures) -> Option<f64>,
}

const ROWS: [Row; 13] = [
    Row { title: "first picture", write: table::time, of: |m| m.first_picture },
    Row { title: "complete picture", write: table::time, of: |m| m.complete_picture },
    Row { title: "pan, frame: median", write: table::time, of: |m| m.pan_median },
    Row { title: "pan, frame: 95 %", write: table::time, of: |m| m.pan_p95 },
    Row { title: "pan, release to rest", write: table::time, of: |m| m.rest },
    Row { title: "recolor, first", write: table::time, of: |m| m.recolor_first },
    Row { title: "recolor, again", write: table::time, of: |m| m.recolor },
    Row { title: "lasso to count", write: table::time, of: |m| m.lasso_count },
    Row { title: "lasso to picture", write: table::time, of: |m| m.lasso_picture },
    Row { title: "transferred", write: size, of: |m| m.transferred },
    Row { title: "memory, page", write: size, of: |m| m.page_memory },
    Row { title: "memory, graphics", write: size, of: |m| m.graphics_memory },
    Row { title: "memory, server", write: size, of: |m| m.server_memory },
];

/// What stands where a viewer has no number.
const NOTHING: &str = "—";

/// What is timed, for all tables.
pub const LEGEND: &str = "\
How to read the tables below:

- All viewers show the same points in 800 × 800 pixels (ratio 1) of headless Chromium on SwiftShader, the software \
adapter (ours by WebGPU, the others by WebGL), served on this machine. A script that runs before each page notes every frame in which \
the viewer draws and reads its pixels back, so that times end when the pixels are there: a WebGL canvas in the same task, \
scaled down to 200 × 200 (2 ms), a WebGPU texture whole, without holding the page up.
- **first picture**: navigation, with an empty cache, to the first frame in which one pixel in a thousand differs from \
the background. **complete picture**: to the last change of the picture; our page must then say that it shows every \
cell. Medians of the loads.
- **pan**: a pointer drags the picture in a circle, a step every 16 ms, until 40 frames were drawn; the time from a frame \
with a drawing to the next. Nothing is read back meanwhile. We draw a sample that fits the frame while the pointer \
moves, and on a software adapter at half the resolution: **release to rest** is how long the rest takes to come. The others draw every point in every frame.
- **recolor**: the press or call to the last change of the picture; *first* fetches the column where the viewer does \
that on demand (ours, embedding-atlas, cellxgene), *again* is the median of four changes between the two columns.
- **lasso**: the release of the pointer after 24 corners, 300 pixels across, to the number of cells on the page, and to \
the last change of the picture.
- **transferred**: bytes that the page's requests took until the picture was complete, programs included, as the browser \
counts them. **memory**: after a collection of garbage, proportional share of the page's process, and of the browser's \
graphics process, where a software adapter keeps its buffers; the server's peak (npm's viewers have files only).
- **ratio**: the best of the others over ours; above 1 we are ahead.
";

/// Prints the viewers beside each other; the first is ours.
pub fn print_comparison(viewers: &[(String, Measures)]) {
    let mut head = vec![String::new()];
    head.extend(viewers.iter().map(|(name, _)| name.clone()));
    head.push("ratio".to_owned());
    let mut table = Table::with_head(head);
    for row in &ROWS {
        let values: Vec<Option<f64>> = viewers.iter().map(|(_, measures)| (row.of)(measures)).collect();
        let mut cells = vec![row.title.to_owned()];
        cells.extend(values.iter().map(|value| value.map_or_else(|| NOTHING.to_owned(), row.write)));
        cells.push(advantage(&values).map_or_else(|| NOTHING.to_owned(), table::ratio));
        table.push_row(cells);
    }
    table.print();
    for (name, measures) in viewers {
        for note in &measures.notes {
            println!("- {name}: {note}.");
        }
    }
    println!();
}

/// The smallest of the others' values over the first.
fn advantage(values: &[Option<f64>]) -> Option<f64> {
    let (ours, others) = values.split_first()?;
    let best = others.iter().flatten().copied().min_by(f64::total_cmp)?;
    Some(best / (*ours)?)
}

/// Prints how our page grows with the number of cells, in milliseconds and as multiples of the calibration loop.
pub fn print_growth(sizes: &[(usize, Measures)], unit: f64) {
    let mut table = Table::new([
        "cells",
        "first picture",
        "complete picture",
        "pan, median",
        "pan, 95 %",
        "rest",
        "recolor, first",
        "recolor, again",
        "lasso to count",
        "brush to count",
        "transferred",
        "memory, page",
        "page, colored",
        "memory, server",
    ]);
    for (cells, measures) in sizes {
        let time = |seconds: Option<f64>| match seconds {
            Some(seconds) => format!("{} ({})", table::time(seconds), table::ratio(seconds / unit)),
            None => NOTHING.to_owned(),
        };
        let bytes = |n_bytes: Option<f64>| n_bytes.map_or_else(|| NOTHING.to_owned(), size);
        table.push([
            explorer_core::format::integer(*cells as u64),
            time(measures.first_picture),
            time(measures.complete_picture),
            time(measures.pan_median),
            time(measures.pan_p95),
            time(measures.rest),
            time(measures.recolor_first),
            time(measures.recolor),
            time(measures.lasso_count),
            time(measures.brush_count),
            bytes(measures.transferred),
            bytes(measures.page_memory),
            bytes(measures.colored_memory),
            bytes(measures.server_memory),
        ]);
    }
    table.print();
    for (cells, measures) in sizes {
        for note in &measures.notes {
            println!("- {cells} cells: {note}.");
        }
    }
    print_reactions(sizes);
    println!("In brackets: multiples of the calibration loop, {} here.\n", table::time(unit));
}

fn print_reactions(sizes: &[(usize, Measures)]) {
    println!();
    let mut table = Table::new(["cells", "gesture", "longest task", "slowest input"]);
    for (cells, measures) in sizes {
        for reaction in &measures.reactions {
            let at_most = |seconds: Option<f64>, least| seconds.map_or_else(|| format!("< {least} ms"), table::time);
            table.push([
                explorer_core::format::integer(*cells as u64),
                reaction.gesture.to_owned(),
                at_most(reaction.longest_task, 50),
                at_most(reaction.slowest_input, 16),
            ]);
        }
    }
    table.print();
    println!(
        "Longest task: of the main thread, which browsers tell above 50 ms. Slowest input: from a press, release or key to the \
         next frame, told from 16 ms on. “page, colored” is memory after coloring by every column and by ten genes.\n"
    );
}

fn size(n_bytes: f64) -> String {
    table::bytes(n_bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_the_others_is_held_against_ours() {
        assert_eq!(advantage(&[Some(2.0), Some(8.0), None, Some(6.0)]), Some(3.0));
        assert_eq!(advantage(&[None, Some(8.0)]), None);
        assert_eq!(advantage(&[Some(2.0), None]), None);
        assert_eq!(advantage(&[Some(2.0)]), None);
    }
}
