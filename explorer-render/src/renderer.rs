//! The renderer: long-lived GPU objects, and one call per frame.

use crate::chunks::InView;
use crate::compute_paths::ComputePaths;
use crate::error::RenderError;
use crate::gpu::{Backend, Gpu};
use crate::passes::Scene;
use crate::passes::quads::QuadsPass;
use crate::passes::screen::n_pixels;
use crate::passes::uniforms::Uniforms;
use crate::pixel_box::PixelBox;
use crate::points::PointBuffers;
use crate::readback::{self, Image};
use crate::render_path::{Compute, RenderPath, choose_render_path};
use crate::runs;
use crate::target::{self, Acquired, Target};
use explorer_points::{Camera, Viewport};
use explorer_points::{DrawMode, FrameParams, FrameUniform};
use explorer_points::{PointPosition, PointStyle, StyleChange};
use std::ops::Range;
use std::rc::Rc;

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderOutcome {
    /// It was drawn.
    Drawn {
        /// That way.
        path: RenderPath,
        /// Points in view that had to be drawn for it, beside those that were there.
        n_added: u32,
    },
    /// Nobody would have seen it, or the surface was not ready: try again with the next one.
    Skipped,
}

/// Both sides of the picture that [`Renderer::warm_up`] draws.
const WARM_UP_PX: f64 = 16.0;

/// Draws one set of points to one surface, with a device that it may share with other renderers.
///
/// Methods that return futures borrow nothing in them, so that a renderer may live in an
/// `Rc<RefCell<_>>` and be drawn with while an answer is awaited.
pub struct Renderer {
    gpu: Rc<Gpu>,
    target: Target,
    points: PointBuffers,
    uniforms: Uniforms,
    /// Compiled when quads are first drawn.
    quads: Option<QuadsPass>,
    compute: Option<ComputePaths>,
    /// The frame on the surface: what picking refers to.
    shown: Option<FrameParams>,
}

impl Renderer {
    /// A renderer to a canvas or window, without points yet.
    ///
    /// # Errors
    /// [`RenderError::NoDevice`] when the device cannot draw there.
    pub fn new(gpu: &Rc<Gpu>, target: impl Into<wgpu::SurfaceTarget<'static>>) -> Result<Self, RenderError> {
        let target = Target::surface(gpu.surface(target.into())?)?;
        Self::with_target(Rc::clone(gpu), target)
    }

    /// The same with a device of its own, as WebGL2 needs: there the device is a part of the canvas.
    ///
    /// # Errors
    /// [`RenderError::NoDevice`] says what was tried and what would help.
    pub async fn with_own_gpu(
        target: impl Into<wgpu::SurfaceTarget<'static>>,
        backend: Backend,
    ) -> Result<Self, RenderError> {
        let (gpu, found) = Gpu::open_for(target.into(), backend).await?;
        let target = Target::surface(found)?;
        Self::with_target(gpu, target)
    }

    /// A renderer to a texture of that many device pixels, for tests and pictures ([`Self::capture`]).
    ///
    /// # Errors
    /// [`RenderError::Device`] with what the device reported.
    pub fn headless(gpu: &Rc<Gpu>, width_dpx: u32, height_dpx: u32) -> Result<Self, RenderError> {
        let target = Target::headless(gpu, [width_dpx.max(1), height_dpx.max(1)]);
        Self::with_target(Rc::clone(gpu), target)
    }

    fn with_target(gpu: Rc<Gpu>, target: Target) -> Result<Self, RenderError> {
        let compute = ComputePaths::new(&gpu, target.format());
        let (uniforms, points) = (Uniforms::new(&gpu), PointBuffers::new(&gpu, 0)?);
        Ok(Self { points, quads: None, uniforms, compute, gpu, target, shown: None })
    }

    /// The device that draws.
    #[must_use]
    pub fn gpu(&self) -> &Rc<Gpu> {
        &self.gpu
    }

    /// Draws one point that nobody sees, unless a renderer of this device has, so that the device has compiled by the
    /// time of the first frame what a frame of many points needs. A browser's device may compile no sooner than it draws.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn warm_up(&mut self) -> Result<(), RenderError> {
        self.gpu.check()?;
        let mut points = PointBuffers::new(&self.gpu, 1)?;
        points.write_positions(&self.gpu, 0, &[PointPosition::new(0, 0)])?;
        let params = FrameParams {
            camera: Camera { center: [0.0; 2], span: 1.0 },
            viewport: Viewport::from_css(WARM_UP_PX, WARM_UP_PX, 1.0),
            point_diameter_px: WARM_UP_PX,
            unselected: ([0; 3], 0.0),
            highlight: None,
            background: [0; 3],
            prefix: 1,
            mode: DrawMode::Points,
            backdrop: None,
        };
        let Self { gpu, target, uniforms, compute: Some(compute), .. } = self else { return Ok(()) };
        gpu.pipelines.draw_once(target.format(), || {
            let frame = FrameUniform::new(&params, 1);
            let texture = target::texture(gpu, target.format(), frame.viewport_dpx);
            let scene = Scene { gpu, uniforms, points: &points, frame };
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            // It must not keep what belongs to this point.
            compute.forget_points();
            compute.draw(&scene, &mut encoder, &target::view(&texture), params.mode);
            compute.forget_points();
            gpu.queue.submit([encoder.finish()]);
        });
        Ok(())
    }

    /// Whether the device is gone permanently: then make a new renderer, on a new canvas, and upload the points again.
    /// A lost WebGL2 context shows as the canvas's `webglcontextlost` only.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.gpu.is_lost()
    }

    /// How many points there are.
    #[must_use]
    pub fn n_points(&self) -> u32 {
        self.points.n_points()
    }

    /// Makes room for `n_points`, none of which has a position until it is written. Styles are
    /// undefined until written.
    ///
    /// # Errors
    /// [`RenderError::TooManyPoints`].
    pub fn set_point_count(&mut self, n_points: u32) -> Result<(), RenderError> {
        if !self.points.reuse(&self.gpu, n_points) {
            self.points = PointBuffers::new(&self.gpu, n_points)?;
            if let Some(compute) = &mut self.compute {
                compute.forget_points();
            }
        }
        self.invalidate_from(0);
        Ok(())
    }

    /// Writes positions in draw order from point `offset` on, as they arrive.
    ///
    /// # Errors
    /// [`RenderError::OutOfRange`].
    pub fn write_positions(&mut self, offset: u32, positions: &[PointPosition]) -> Result<(), RenderError> {
        self.points.write_positions(&self.gpu, offset, positions)?;
        self.invalidate_from(offset);
        Ok(())
    }

    /// Writes styles in draw order from point `offset` on. Where nothing but colors changes, say
    /// so: then no point is drawn anew.
    ///
    /// # Errors
    /// [`RenderError::OutOfRange`].
    pub fn write_styles(&mut self, offset: u32, styles: &[PointStyle], change: StyleChange) -> Result<(), RenderError> {
        self.points.write_styles(&self.gpu, offset, styles)?;
        if change == StyleChange::Order {
            self.invalidate_from(offset);
        }
        Ok(())
    }

    /// Writes the styles of runs of points, in any order, given the styles of all. See [`Self::write_styles`].
    ///
    /// # Errors
    /// [`RenderError::OutOfRange`]; runs before that one may have been written.
    pub fn write_style_runs(
        &mut self,
        styles: &[PointStyle],
        runs: &[Range<u32>],
        change: StyleChange,
    ) -> Result<(), RenderError> {
        for run in runs::joined(runs) {
            let (offset, len) = (run.start, run.len());
            let out_of_range = RenderError::OutOfRange { offset, len, n_points: self.n_points() };
            let changed = styles.get(run.start as usize..run.end as usize).ok_or(out_of_range)?;
            self.write_styles(offset, changed, change)?;
        }
        Ok(())
    }

    /// Sets the colors that styles name, up to 256, as sRGB bytes with straight alpha. An index
    /// beyond them is transparent.
    pub fn set_lut(&mut self, colors: &[[u8; 4]]) {
        self.uniforms.write_lut(&self.gpu, colors);
    }

    /// Puts an image behind the points, which frames with a [`explorer_points::Backdrop`] show: RGBA bytes, row by row.
    ///
    /// # Errors
    /// [`RenderError::ImageTooLarge`] where the device has no texture of that size.
    pub fn set_image(&mut self, size: [u32; 2], pixels: &[u8]) -> Result<(), RenderError> {
        let limit = self.largest_image();
        let n_bytes = size.iter().map(|&side| side as usize).product::<usize>() * 4;
        if size.iter().any(|&side| side == 0 || side > limit) || pixels.len() != n_bytes {
            return Err(RenderError::ImageTooLarge { width: size[0], height: size[1], limit });
        }
        self.uniforms.set_image(&self.gpu, size, pixels);
        Ok(())
    }

    /// The most pixels that an image may be wide or high.
    #[must_use]
    pub fn largest_image(&self) -> u32 {
        self.gpu.device.limits().max_texture_dimension_2d
    }

    /// The path that [`Self::render`] takes for that frame.
    #[must_use]
    pub fn render_path(&self, params: &FrameParams) -> RenderPath {
        choose_render_path(self.gpu.compute, params.mode, self.points.n_points(), params.point_diameter_dpx())
    }

    /// Which of the first `n_points` points that frame may show, whatever its own prefix: what a
    /// [`crate::FrameBudget`] is to count. Quads are drawn whether they are in view or not.
    #[must_use]
    pub fn in_view(&self, params: &FrameParams, n_points: u32) -> InView {
        let n_points = n_points.min(self.points.n_points());
        match self.render_path(params) {
            RenderPath::Quads => InView::all(n_points),
            RenderPath::Splat | RenderPath::Density => {
                let frame = FrameUniform::new(params, n_points);
                InView::chunks(n_points, self.points.chunks.in_view(&frame, 0..n_points))
            }
        }
    }

    /// Gives the surface a size. [`Self::render`] does so by itself when the viewport's differs.
    ///
    /// # Errors
    /// [`RenderError::ViewportTooLarge`], and the surface keeps its size.
    pub fn resize(&mut self, width_dpx: u32, height_dpx: u32) -> Result<(), RenderError> {
        let size_dpx = [width_dpx.max(1), height_dpx.max(1)];
        self.check_size(size_dpx)?;
        if self.target.size_dpx() != size_dpx {
            self.target.resize(&self.gpu, size_dpx);
        }
        Ok(())
    }

    /// Draws one frame and shows it. Costs what has changed: pixels for colors, points for the
    /// camera, the added points for a longer prefix.
    ///
    /// # Errors
    /// [`RenderError::DeviceLost`]; [`RenderError::Device`] with what the device reported since
    /// the last frame; [`RenderError::ViewportTooLarge`].
    pub fn render(&mut self, params: &FrameParams) -> Result<RenderOutcome, RenderError> {
        self.gpu.check()?;
        self.resize(params.viewport.width_dpx, params.viewport.height_dpx)?;
        let Acquired::Frame(frame) = self.target.acquire(&self.gpu) else {
            return Ok(RenderOutcome::Skipped);
        };
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let (path, n_added) = self.draw(&mut encoder, &frame.view, params);
        self.gpu.queue.submit([encoder.finish()]);
        Target::present(&self.gpu, frame);
        self.shown = Some(*params);
        Ok(RenderOutcome::Drawn { path, n_added })
    }

    /// Draws a frame of any size apart from the surface and reads it, as for an exported picture.
    ///
    /// # Errors
    /// As [`Self::render`]; in the future [`RenderError::Readback`].
    pub fn capture(
        &mut self,
        params: &FrameParams,
    ) -> Result<impl Future<Output = Result<Image, RenderError>> + use<>, RenderError> {
        self.gpu.check()?;
        let size_dpx = [params.viewport.width_dpx, params.viewport.height_dpx];
        self.check_size(size_dpx)?;
        let format = self.target.format();
        let texture = target::texture(&self.gpu, format, size_dpx);
        let row_bytes = (size_dpx[0] * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = readback::buffer(&self.gpu, u64::from(row_bytes) * u64::from(size_dpx[1]));

        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.draw(&mut encoder, &target::view(&texture), params);
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row_bytes), rows_per_image: None },
            },
            texture.size(),
        );
        self.gpu.queue.submit([encoder.finish()]);
        let bytes = readback::read(&self.gpu, buffer);
        Ok(async move {
            let bytes = bytes.await?;
            Ok(readback::image_from_rows(&bytes, size_dpx, row_bytes as usize, format))
        })
    }

    /// The point drawn at CSS pixels `at_px` of the frame last shown, or the nearest one within
    /// `tolerance_px`. Always `None` without compute shaders: use [`crate::pick_cpu`] there.
    pub fn pick(&mut self, at_px: [f64; 2], tolerance_px: f64) -> impl Future<Output = Option<u32>> + use<> {
        let read = self.read_pixels_around(at_px, tolerance_px);
        async move {
            let (pixel_box, bytes) = read?;
            let bytes = bytes.await.ok()?;
            pixel_box.nearest_point(bytemuck::cast_slice(&bytes))
        }
    }

    /// Ready when the device has finished all frames so far: what to time for a
    /// [`crate::FrameBudget`]. WebGL2 says so no sooner than [`Self::poll`] or a later frame.
    pub fn frame_done(&self) -> impl Future<Output = ()> + use<> {
        readback::work_done(&self.gpu)
    }

    /// Lets finished work call back. WebGL2 needs it, once per animation frame while something is
    /// awaited; elsewhere it does nothing that would not happen anyway.
    pub fn poll(&self) {
        // Fails on a lost device alone, which `is_lost` tells.
        let _ = self.gpu.device.poll(wgpu::PollType::Poll);
    }

    fn draw(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        view: &wgpu::TextureView,
        params: &FrameParams,
    ) -> (RenderPath, u32) {
        let frame = FrameUniform::new(params, self.points.n_points());
        let scene = Scene { gpu: &self.gpu, uniforms: &self.uniforms, points: &self.points, frame };
        let path = self.render_path(params);
        let n_added = match (path, &mut self.compute) {
            (RenderPath::Splat | RenderPath::Density, Some(compute)) => {
                if let Some(quads) = &mut self.quads {
                    quads.release();
                }
                compute.draw(&scene, encoder, view, params.mode)
            }
            (RenderPath::Quads, _) | (_, None) => {
                let compile = || QuadsPass::new(&self.gpu, self.target.format());
                self.quads.get_or_insert_with(compile).draw(&scene, encoder, view);
                scene.frame.prefix
            }
        };
        (path, n_added)
    }

    /// Starts to read the index buffer around a place, after bringing it up to the frame shown.
    fn read_pixels_around(
        &mut self,
        at_px: [f64; 2],
        tolerance_px: f64,
    ) -> Option<(PixelBox, impl Future<Output = Result<Vec<u8>, RenderError>> + use<>)> {
        let params = self.shown?;
        let compute = self.compute.as_mut()?;
        let pixel_box = PixelBox::around(&params.viewport, at_px, tolerance_px)?;
        let buffer = readback::buffer(&self.gpu, pixel_box.n_pixels() * 4);

        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        let scene = Scene {
            gpu: &self.gpu,
            uniforms: &self.uniforms,
            points: &self.points,
            frame: FrameUniform::new(&params, self.points.n_points()),
        };
        let (pixels, _) = compute.accumulate(&scene, &mut encoder, DrawMode::Points);
        for (row, slots) in (0..).zip(pixel_box.rows()) {
            let row_bytes = (slots.end - slots.start) * 4;
            encoder.copy_buffer_to_buffer(pixels, slots.start * 4, &buffer, row * row_bytes, row_bytes);
        }
        self.gpu.queue.submit([encoder.finish()]);
        Some((pixel_box, readback::read(&self.gpu, buffer)))
    }

    fn check_size(&self, size_dpx: [u32; 2]) -> Result<(), RenderError> {
        let limits = self.gpu.device.limits();
        let is_side_too_large = size_dpx.iter().any(|&side| side > limits.max_texture_dimension_2d);
        let index_bytes = n_pixels(size_dpx) * 4;
        let is_area_too_large = match self.gpu.compute {
            Compute::Present => index_bytes > limits.max_storage_buffer_binding_size,
            Compute::Missing => index_bytes > limits.max_buffer_size,
        };
        if is_side_too_large || is_area_too_large {
            let [width_dpx, height_dpx] = size_dpx;
            return Err(RenderError::ViewportTooLarge { width_dpx, height_dpx });
        }
        Ok(())
    }

    fn invalidate_from(&mut self, offset: u32) {
        if let Some(compute) = &mut self.compute {
            compute.invalidate_from(offset);
        }
    }
}
