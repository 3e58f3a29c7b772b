//! A figure as PNG, drawn on a canvas of the worker's own: the page's policy lets no image come from a text.

use explorer_core::color::css_color;
use plots::{Align, Direction, FAMILY, Figure, Mark, Paint, Part, SIZE_PX, Shape, Weight};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, OffscreenCanvas, OffscreenCanvasRenderingContext2d, Path2d};

/// The longest side of a canvas that browsers have.
const MOST_DPX: f64 = 16_384.0;

/// The picture with so many pixels for each CSS pixel along a side.
pub async fn png(figure: &Figure, scale: f64) -> Result<Blob, String> {
    let [width, height] = figure.size.map(|size| size.ceil() * scale);
    if width.max(height) > MOST_DPX {
        let most = (MOST_DPX / figure.size[0].max(figure.size[1])).floor();
        let instead = match most {
            ..1.0 => "Save".to_owned(),
            _ => format!("Choose a scale of at most {most}, or save"),
        };
        return Err(format!(
            "The picture would have {width} × {height} pixels, more than a browser can draw. {instead} it as SVG."
        ));
    }
    let failed = |_: JsValue| "The browser could not draw the picture. Save it as SVG instead.".to_owned();
    let canvas = OffscreenCanvas::new(width as u32, height as u32).map_err(failed)?;
    let context = canvas.get_context("2d").map_err(failed)?.ok_or_else(|| failed(JsValue::NULL))?;
    let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
    context.scale(scale, scale).map_err(failed)?;
    let painter = Painter { context, figure };
    painter.all().map_err(failed)?;
    let blob = JsFuture::from(canvas.convert_to_blob().map_err(failed)?).await.map_err(failed)?;
    blob.dyn_into().map_err(failed)
}

struct Painter<'a> {
    context: OffscreenCanvasRenderingContext2d,
    figure: &'a Figure,
}

impl Painter<'_> {
    fn all(&self) -> Result<(), JsValue> {
        let [width, height] = self.figure.size;
        self.fill(Paint::Ground);
        self.context.fill_rect(0.0, 0.0, width.ceil(), height.ceil());
        for part in &self.figure.parts {
            match part {
                Part::Shape(shape) => self.shape(shape)?,
                Part::Mark(Mark { shapes, .. }) => shapes.iter().try_for_each(|shape| self.shape(shape))?,
            }
        }
        Ok(())
    }

    fn fill(&self, paint: Paint) {
        self.context.set_fill_style_str(&paint.css(self.figure.ground));
    }

    fn stroke(&self, paint: Paint, width: f64) {
        self.context.set_stroke_style_str(&paint.css(self.figure.ground));
        self.context.set_line_width(width);
        self.context.set_line_cap("round");
        self.context.set_line_join("round");
    }

    fn shape(&self, shape: &Shape) -> Result<(), JsValue> {
        let context = &self.context;
        match shape {
            Shape::Rect { area: [x, y, width, height], fill } => {
                self.fill(*fill);
                context.fill_rect(*x, *y, *width, *height);
            }
            Shape::Circle { at: [x, y], radius, fill, edge } => {
                context.begin_path();
                context.arc(*x, *y, *radius, 0.0, std::f64::consts::TAU)?;
                self.fill(*fill);
                context.fill();
                self.stroke(*edge, 0.5);
                context.stroke();
            }
            Shape::Path { d, fill, stroke } => {
                let path = Path2d::new_with_path_string(d)?;
                if let Some(fill) = fill {
                    self.fill(*fill);
                    context.fill_with_path_2d(&path);
                }
                if let Some((paint, width)) = stroke {
                    self.stroke(*paint, *width);
                    context.stroke_with_path(&path);
                }
            }
            Shape::Gradient { area: [x, y, width, height], stops } => {
                let step = width / stops.len().max(1) as f64;
                for (at, color) in stops.iter().enumerate() {
                    context.set_fill_style_str(&css_color(*color));
                    let left = at as f64 * step;
                    context.fill_rect(x + left, *y, (step + 0.6).min(width - left), *height);
                }
            }
            Shape::Text { at: [x, y], text, align, fill, stroke, weight, direction } => {
                let weight = match weight {
                    Weight::Plain => 400,
                    Weight::Heading => 600,
                };
                context.set_font(&format!("{weight} {SIZE_PX}px {FAMILY}"));
                context.set_text_baseline("middle");
                context.set_text_align(match align {
                    Align::Start => "left",
                    Align::Middle => "center",
                    Align::End => "right",
                });
                self.fill(*fill);
                context.save();
                context.translate(*x, *y)?;
                if *direction == Direction::Up {
                    context.rotate(-std::f64::consts::FRAC_PI_2)?;
                }
                if let Some((paint, width)) = stroke {
                    self.stroke(*paint, *width);
                    context.stroke_text(text, 0.0, 0.0)?;
                }
                context.fill_text(text, 0.0, 0.0)?;
                context.restore();
            }
        }
        Ok(())
    }
}
