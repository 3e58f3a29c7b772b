//! The picture as a file, its legend beside it.

use std::{cell::RefCell, f64::consts::FRAC_PI_2, rc::Rc};

use explorer_core::{
    color::css_color,
    screen::{
        Align, AxisMarks, AxisPlace, AxisText, CONTOUR_FILL, CONTOUR_LINE, CONTOUR_PX, Caption, HEAD_HEIGHT_PX, Mark,
        SheetPlaces, SvgPanel, SvgPicture, TITLE_HEIGHT_PX, TITLE_LEFT_PX, TextStyle,
    },
};
use wasm_bindgen::{Clamped, JsCast, JsValue, closure::Closure};
use web_sys::{Blob, CanvasWindingRule, ImageData, Path2d};

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
    /// What each panel shows, once that is drawn.
    shots: Rc<RefCell<Vec<Option<Shot>>>>,
    /// Which of these is asked for.
    at: usize,
}

impl Wanted {
    /// A file of that media type with `scale` pixels for each of the screen's along a side.
    pub fn file(mime: String, scale: u32, then: impl FnOnce(Option<Blob>) + 'static) -> Self {
        let options = SaveOptions::at_scale(scale);
        let (then, shots) = (Rc::new(RefCell::new(Some(Box::new(then) as Then))), Rc::new(RefCell::new(vec![None])));
        Self { options, mime, title: String::new(), then, shots, at: 0 }
    }

    /// A file of a dataset's picture for the user to keep.
    pub fn saved(store: Store, title: String, options: SaveOptions) -> Self {
        let (extension, mime) = match options.format {
            PictureFormat::Png | PictureFormat::Html => ("png", PNG),
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

    /// The picture as PNG, drawn with these options.
    pub fn png(options: SaveOptions, then: impl FnOnce(Option<Blob>) + 'static) -> Self {
        let scale = options.scale;
        Self { options, ..Self::file(PNG.to_owned(), scale, then) }
    }

    /// The same file, of so many panels: each is to be asked for one of these.
    pub fn of_panels(self, n_panels: usize) -> Vec<Self> {
        self.shots.replace(vec![None; n_panels]);
        (0..n_panels).map(|at| Self { at, ..self.clone() }).collect()
    }

    /// Whether it is of several panels, each of which says what it shows.
    pub(super) fn has_heads(&self) -> bool {
        self.shots.borrow().len() > 1
    }

    /// Takes what a panel shows; the file is made once all are there.
    pub(super) fn add(&self, host: &dyn Host, around: &Surroundings, shot: Shot) -> Result<(), JsValue> {
        if let Some(place) = self.shots.borrow_mut().get_mut(self.at) {
            *place = Some(shot);
        }
        let all: Option<Vec<Shot>> = self.shots.borrow().iter().cloned().collect();
        match all {
            Some(shots) => encode(host, around, &shots, self),
            None => Ok(()),
        }
    }

    /// Gives the file, or tells that there is none.
    pub(super) fn give(&self, blob: Option<Blob>) {
        if let Some(then) = self.then.take() {
            then(blob);
        }
    }
}

/// What a panel shows.
#[derive(Clone)]
pub(super) struct Shot {
    /// Width and height in device pixels.
    pub size: [u32; 2],
    /// Its pixels, row by row from the top.
    pub rgba: Vec<u8>,
    /// What it shows, in words; empty where that is not said.
    pub head: String,
    /// Texts over the picture and their middles, in CSS pixels.
    pub labels: Vec<(String, [f64; 2])>,
    /// Contours of the cells' density, each as a path in CSS pixels.
    pub contours: Vec<String>,
    /// The axes of a scatter plot.
    pub axes: AxisMarks,
}

/// What a file holds beside the panels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Surroundings {
    /// What the colors mean.
    pub legend: LegendModel,
    /// Of the picture.
    pub background: Rgb,
    /// Of the text.
    pub text: Rgb,
    /// Device pixels a CSS pixel.
    pub ratio: f64,
}

/// Makes a file of what panels show and what surrounds them.
fn encode(host: &dyn Host, around: &Surroundings, shots: &[Shot], wanted: &Wanted) -> Result<(), JsValue> {
    let ratio = around.ratio;
    let sizes: Vec<[f64; 2]> = shots.iter().map(|shot| shot.size.map(|side| f64::from(side) / ratio)).collect();
    let places = SheetPlaces::new(&sizes);
    let measure = TextCanvas::new(host.root(), 1, 1)?;
    let caption = Caption::new(&around.legend, places.size_px[1], |text, style| {
        let (weight, size_px) = style.font();
        measure.set_font(weight, size_px);
        measure.width(text)
    });
    if wanted.options.format == PictureFormat::Svg {
        return give_svg(host, shots, (&sizes, &places), &caption, around, wanted);
    }
    let top_px = if wanted.title.is_empty() { 0.0 } else { TITLE_HEIGHT_PX };
    let top = (top_px * ratio).ceil();
    let [width, height] = places.size_px.map(|side_px| (side_px * ratio).round());
    let canvas =
        TextCanvas::new(host.root(), (width + (caption.width_px * ratio).ceil()) as u32, (height + top) as u32)?;
    let context = &canvas.context;
    context.set_fill_style_str(&css_color(around.background));
    context.fill_rect(0.0, 0.0, f64::from(canvas.element.width()), f64::from(canvas.element.height()));
    for (shot, [x, y]) in shots.iter().zip(&places.corners) {
        context.put_image_data(&shot.image()?, (x * ratio).round(), (y * ratio).round() + top)?;
    }
    context.scale(ratio, ratio)?;
    context.set_text_baseline("middle");
    if top > 0.0 {
        let (weight, size_px) = TextStyle::Title.font();
        canvas.set_font(weight, size_px);
        context.set_fill_style_str(&css_color(around.text));
        context.fill_text(&wanted.title, TITLE_LEFT_PX, top_px / 2.0)?;
    }
    context.translate(0.0, top / ratio)?;
    for (shot, [x, y]) in shots.iter().zip(&places.corners) {
        context.save();
        context.translate(*x, *y)?;
        write_over(&canvas, shot, around)?;
        context.restore();
    }
    context.translate(places.size_px[0], 0.0)?;
    for mark in &caption.marks {
        draw(&canvas, mark, around.text)?;
    }
    let given = wanted.clone();
    let encoded = Closure::once_into_js(move |blob: Option<Blob>| given.give(blob));
    canvas.element.to_blob_with_type(encoded.unchecked_ref(), &wanted.mime)
}

impl Shot {
    fn image(&self) -> Result<ImageData, JsValue> {
        let [width, height] = self.size;
        ImageData::new_with_u8_clamped_array_and_sh(Clamped(&self.rgba), width, height)
    }
}

/// Gives the file with the points of each panel as an image inside.
fn give_svg(
    host: &dyn Host,
    shots: &[Shot],
    (sizes, places): (&[[f64; 2]], &SheetPlaces),
    caption: &Caption,
    around: &Surroundings,
    wanted: &Wanted,
) -> Result<(), JsValue> {
    let mut images = Vec::with_capacity(shots.len());
    let mut family = String::new();
    for shot in shots {
        let points = TextCanvas::new(host.root(), shot.size[0], shot.size[1])?;
        points.context.put_image_data(&shot.image()?, 0.0, 0.0)?;
        images.push(points.element.to_data_url_with_type(PNG)?);
        points.family().clone_into(&mut family);
    }
    let drawn = shots.iter().zip(&images).zip(sizes).zip(&places.corners);
    let panels: Vec<SvgPanel<'_>> = drawn
        .map(|(((shot, image), &size_px), &corner_px)| SvgPanel {
            corner_px,
            size_px,
            image,
            head: &shot.head,
            labels: &shot.labels,
            contours: &shot.contours,
            axes: &shot.axes,
        })
        .collect();
    let picture = SvgPicture {
        size_px: places.size_px,
        panels: &panels,
        title: &wanted.title,
        label_font: (labels::TEXT_WEIGHT, labels::TEXT_PX, labels::RIM_PX),
        caption,
        background: around.background,
        text: around.text,
        family: &family,
    };
    let svg = picture.to_svg();
    let blob = gloo_file::Blob::new_with_options(svg.as_str(), Some(&wanted.mime));
    wanted.give(Some(blob.into()));
    Ok(())
}

/// What stands over a panel's points, rimmed as the style sheet has it.
fn write_over(canvas: &TextCanvas, shot: &Shot, around: &Surroundings) -> Result<(), JsValue> {
    let context = &canvas.context;
    context.set_stroke_style_str(&css_color(around.text));
    context.set_fill_style_str(&css_color(around.text));
    context.set_line_width(CONTOUR_PX);
    for contour in &shot.contours {
        let path = Path2d::new_with_path_string(contour)?;
        context.set_global_alpha(CONTOUR_FILL);
        context.fill_with_path_2d_and_winding(&path, CanvasWindingRule::Evenodd);
        context.set_global_alpha(CONTOUR_LINE);
        context.stroke_with_path(&path);
    }
    context.set_global_alpha(1.0);
    context.set_fill_style_str(&css_color(around.background));
    for [x, y, width, height] in &shot.axes.strips {
        context.fill_rect(*x, *y, *width, *height);
    }
    context.set_line_width(1.0);
    for [x1, y1, x2, y2] in &shot.axes.lines {
        context.begin_path();
        context.move_to(*x1, *y1);
        context.line_to(*x2, *y2);
        context.stroke();
    }
    context.set_line_join("round");
    context.set_line_width(labels::RIM_PX);
    context.set_stroke_style_str(&css_color(around.background));
    context.set_fill_style_str(&css_color(around.text));
    for AxisText { x, y, text, place, whole: _ } in &shot.axes.texts {
        let (align, baseline) = match place {
            AxisPlace::Below | AxisPlace::TitleX => ("center", "alphabetic"),
            AxisPlace::Beside => ("right", "middle"),
            AxisPlace::TitleY => ("center", "middle"),
        };
        let (weight, size_px) = place.font();
        canvas.set_font(weight, size_px);
        context.set_text_align(align);
        context.set_text_baseline(baseline);
        context.save();
        context.translate(*x, *y)?;
        if *place == AxisPlace::TitleY {
            context.rotate(-FRAC_PI_2)?;
        }
        context.stroke_text(text, 0.0, 0.0)?;
        context.fill_text(text, 0.0, 0.0)?;
        context.restore();
    }
    context.set_text_baseline("middle");
    if !shot.head.is_empty() {
        let (weight, size_px) = TextStyle::Title.font();
        canvas.set_font(weight, size_px);
        context.set_text_align("left");
        context.fill_text(&shot.head, TITLE_LEFT_PX / 2.0, -HEAD_HEIGHT_PX / 2.0)?;
    }
    canvas.set_font(labels::TEXT_WEIGHT, labels::TEXT_PX);
    context.set_text_align("center");
    for (text, [x, y]) in &shot.labels {
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
