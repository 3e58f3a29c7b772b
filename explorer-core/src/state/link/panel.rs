//! A panel as a link says it.

use std::ops::RangeInclusive;

use super::{
    Notice,
    text::{self, Read, Unread},
};
use crate::{
    data::Orientation,
    state::{
        Camera, ColumnLabel, POINT_OPACITIES, POINT_SIZES_PX, Panel, PanelKind, PointStyle, Scatter, TISSUE_OPACITIES,
        limits::nearest,
    },
};

/// Reads a pair about a panel; `None` when the key is about something else.
pub(super) fn read_panel(panel: &mut Panel, notices: &mut Vec<Notice>, key: &str, value: &str) -> Option<Read> {
    let mut within = |what: &str, range: &RangeInclusive<f32>, number: f32| {
        let kept = nearest(range, number);
        if kept != number {
            let (what, value, kept) = (what.to_owned(), value.to_owned(), kept.to_string());
            notices.push(Notice::OutOfRange { what, value, kept });
        }
        kept
    };
    let read = || -> Result<(), &'static str> {
        match key {
            "e" => panel.kind = PanelKind::Embedding(Some(value.to_owned())),
            "xy" => panel.kind = PanelKind::Scatter(Scatter::from_text(value).ok_or("the axes of a scatter plot")?),
            "only" => panel.only = Some(column_label(value).ok_or("the label of a panel")?),
            "cam" => panel.camera = Some(camera(value).ok_or("the camera")?),
            "rot" => panel.orientation = Orientation::from_text(value).ok_or("the orientation")?,
            "tissue" => panel.tissue.library = Some(value.to_owned()),
            "tissue.opacity" => {
                let opacity = number(value).ok_or("the opacity of the tissue's image")?;
                panel.tissue.opacity = within("an opacity of the tissue's image", &TISSUE_OPACITIES, opacity);
            }
            "size" => {
                let size = number(value).ok_or("the size of dots")?;
                let size = within("a size of dots", &POINT_SIZES_PX, size);
                panel.points = PointStyle::new(Some(size), panel.points.opacity());
            }
            "opacity" => {
                let opacity = number(value).ok_or("the opacity of dots")?;
                let opacity = within("an opacity of dots", &POINT_OPACITIES, opacity);
                panel.points = PointStyle::new(panel.points.size_px(), opacity);
            }
            _ => {}
        }
        Ok(())
    };
    let is_of_panel =
        matches!(key, "e" | "xy" | "only" | "cam" | "rot" | "size" | "opacity" | "tissue" | "tissue.opacity");
    is_of_panel.then(read).map(|read| read.map_err(Unread::from))
}

fn column_label(value: &str) -> Option<ColumnLabel> {
    let [column, label] = text::split(value, ':')[..] else { return None };
    Some(ColumnLabel { column: text::unescaped(column), label: text::parse_label(label) })
}

fn camera(value: &str) -> Option<Camera> {
    let numbers: Vec<f64> = value.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    match numbers[..] {
        [x, y, width] => Camera::new(x, y, width),
        _ => None,
    }
}

fn number(value: &str) -> Option<f32> {
    value.parse().ok().filter(|number: &f32| !number.is_nan())
}
