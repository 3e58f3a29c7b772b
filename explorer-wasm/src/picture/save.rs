//! The picture as a file, its legend beside it.

use std::{cell::RefCell, rc::Rc};

use explorer_core::{
    color::css_color,
    screen::{Align, Caption, Mark, SvgPicture, TITLE_HEIGHT_PX, TITLE_LEFT_PX, TextStyle},
};
use wasm_bindgen::{Clamped, JsCast, JsValue, closure::Closure};
use web_sys::{Blob, ImageData};

use super::{labels, text_canvas::TextCanvas};
use crate::{
    host::Host,
    store::{Store, Tone},
    ui::{LegendModel, PictureFormat, PicturePart, Rgb, SaveOptions},
};

/// The media type of files that the user saves.
const PNG: &str = "image/png";

const SVG: &str = "image/svg+xml";

/// What becomes of a file; there is none where it could not be drawn.
type Then = Box<dyn FnOnce(Option<Blob>)>;

/// A file that is asked for. Clones are of the same, which is given once.
#[derive(Clone)]
pub struct Wanted {
    /// How it is drawn.
    pub(super) options: SaveOptions,
    mime: String,
    /// Above the picture; empty: there is none.
    title: String,
    then: Rc<RefCell<Option<Then>>>,
}

impl Wanted {
    /// A file of that media type with `scale` pixels for each of the screen's along a side.
    pub fn file(mime: String, scale: u32, then: impl FnOnce(Option<Blob>) + 'static) -> Self {
        let options = SaveOptions::at_scale(scale);
        Self { options, mime, title: String::new(), then: Rc::new(RefCell::new(Some(Box::new(then)))) }
    }

    /// A file of a dataset's picture for the user to keep.
    pub fn saved(store: Store, title: String, options: SaveOptions) -> Self {
        let (extension, mime) = match options.format {
            PictureFormat::Png => ("png", PNG),
            PictureFormat::Svg => ("svg", SVG),
        };
        let name = format!("{title}.{extension}");
        let then = move |blob: Option<Blob>| match (blob, store.host()) {
            (Some(blob), Some(host)) => host.save_file(&name, &blob.into()),
            (None, _) | (_, None) => store.tell("The picture could not be saved.".to_owned(), Tone::Error),
        };
        let title = if options.parts.contains(&PicturePart::Title) { title } else { String::new() };
        let file = Self::file(mime.to_owned(), options.scale, then);
        Self { options, title, ..file }
    }

    /// Gives the file, or tells that there is none.
    pub(super) fn give(&self, blob: Option<Blob>) {
        if let Some(then) = self.then.take() {
            then(blob);
        }
    }
}

/// What a picture holds beside the cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Surroundings {
    /// What the colors mean.
    pub legend: LegendModel,
    /// Texts over the picture and their middles, in CSS pixels.
    pub labels: Vec<(String, [f64; 2])>,
    /// Of the picture.
    pub background: Rgb,
    /// Of the text.
    pub text: Rgb,
    /// Device pixels a CSS pixel.
    pub ratio: f64,
}

/// Makes a file of RGBA bytes, row by row from the top, and what surrounds them.
pub(super) fn encode(
    host: &dyn Host,
    around: &Surroundings,
    [width, height]: [u32; 2],
    rgba: &[u8],
    wanted: &Wanted,
) -> Result<(), JsValue> {
    let ratio = around.ratio;
    let measure = TextCanvas::new(host.root(), 1, 1)?;
    let caption = Caption::new(&around.legend, f64::from(height) / ratio, |text, style| {
        let (weight, size_px) = style.font();
        measure.set_font(weight, size_px);
        measure.width(text)
    });
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), width, height)?;
    if wanted.options.format == PictureFormat::Svg {
        let points = TextCanvas::new(host.root(), width, height)?;
        points.context.put_image_data(&image, 0.0, 0.0)?;
        let size_px = [width, height].map(|size| f64::from(size) / ratio);
        return give_svg(&points, size_px, &caption, around, wanted);
    }
    let top_px = if wanted.title.is_empty() { 0.0 } else { TITLE_HEIGHT_PX };
    let top = (top_px * ratio).ceil();
    let canvas = TextCanvas::new(host.root(), width + (caption.width_px * ratio).ceil() as u32, height + top as u32)?;
    let context = &canvas.context;
    context.set_fill_style_str(&css_color(around.background));
    context.fill_rect(0.0, 0.0, f64::from(canvas.element.width()), f64::from(canvas.element.height()));
    context.put_image_data(&image, 0.0, top)?;
    context.scale(ratio, ratio)?;
    context.set_text_baseline("middle");
    if top > 0.0 {
        let (weight, size_px) = TextStyle::Title.font();
        canvas.set_font(weight, size_px);
        context.set_fill_style_str(&css_color(around.text));
        context.fill_text(&wanted.title, TITLE_LEFT_PX, top_px / 2.0)?;
    }
    context.translate(0.0, top / ratio)?;
    write_labels(&canvas, around)?;
    context.translate(f64::from(width) / ratio, 0.0)?;
    for mark in &caption.marks {
        draw(&canvas, mark, around.text)?;
    }
    let given = wanted.clone();
    let encoded = Closure::once_into_js(move |blob: Option<Blob>| given.give(blob));
    canvas.element.to_blob_with_type(encoded.unchecked_ref(), &wanted.mime)
}

/// Gives the file with points as an image inside.
fn give_svg(
    points: &TextCanvas,
    size_px: [f64; 2],
    caption: &Caption,
    around: &Surroundings,
    wanted: &Wanted,
) -> Result<(), JsValue> {
    let picture = SvgPicture {
        size_px,
        image: &points.element.to_data_url_with_type(PNG)?,
        title: &wanted.title,
        labels: &around.labels,
        label_font: (labels::TEXT_WEIGHT, labels::TEXT_PX, labels::RIM_PX),
        caption,
        background: around.background,
        text: around.text,
        family: points.family(),
    };
    let svg = picture.to_svg();
    let blob = gloo_file::Blob::new_with_options(svg.as_str(), Some(&wanted.mime));
    wanted.give(Some(blob.into()));
    Ok(())
}

/// The labels, rimmed as the style sheet has them.
fn write_labels(canvas: &TextCanvas, around: &Surroundings) -> Result<(), JsValue> {
    let context = &canvas.context;
    canvas.set_font(labels::TEXT_WEIGHT, labels::TEXT_PX);
    context.set_text_align("center");
    context.set_line_join("round");
    context.set_line_width(labels::RIM_PX);
    context.set_stroke_style_str(&css_color(around.background));
    context.set_fill_style_str(&css_color(around.text));
    for (text, [x, y]) in &around.labels {
        context.stroke_text(text, *x, *y)?;
        context.fill_text(text, *x, *y)?;
    }
    Ok(())
}

fn draw(canvas: &TextCanvas, mark: &Mark, text_color: Rgb) -> Result<(), JsValue> {
    let context = &canvas.context;
    match mark {
        Mark::Text { x, y, text, style, align } => {
            let (weight, size_px) = TextStyle::font(*style);
            canvas.set_font(weight, size_px);
            context.set_fill_style_str(&css_color(text_color));
            context.set_text_align(match align {
                Align::Start => "left",
                Align::Middle => "center",
                Align::End => "right",
            });
            context.fill_text(text, *x, *y)
        }
        Mark::Swatch { x, y, size, color } => {
            context.set_fill_style_str(&css_color(*color));
            context.fill_rect(*x, *y, *size, *size);
            Ok(())
        }
        Mark::Gradient { x, y, size: [width, height], stops } => {
            let gradient = context.create_linear_gradient(*x, 0.0, x + width, 0.0);
            let last = stops.len().saturating_sub(1).max(1) as f32;
            for (color, at) in stops.iter().zip(0_u16..) {
                gradient.add_color_stop(f32::from(at) / last, &css_color(*color))?;
            }
            context.set_fill_style_canvas_gradient(&gradient);
            context.fill_rect(*x, *y, *width, *height);
            Ok(())
        }
    }
}
