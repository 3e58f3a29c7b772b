//! One word per device pixel, the index buffer, and what has been accumulated in it.

use super::{bind_buffers, layout_entry};
use crate::gpu::Gpu;
use crate::points::PointBuffers;
use explorer_points::{DrawMode, FrameUniform};
use std::ops::Range;

/// The index buffer for one size and one set of points, bound for both kinds of pass.
pub(crate) struct Screen {
    pub(crate) pixels: wgpu::Buffer,
    /// The highest count in density mode.
    peak: wgpu::Buffer,
    /// For compute passes, which write pixels.
    pub(crate) write_group: wgpu::BindGroup,
    /// For fragment shaders, which read them.
    pub(crate) read_group: wgpu::BindGroup,
    pub(crate) size_dpx: [u32; 2],
    accumulated: Accumulated,
}

/// Bind group 1 of the compute and the fragment stage: positions, styles, pixels, peak, pass.
#[derive(Clone)]
pub(crate) struct ScreenLayouts {
    pub(crate) write: wgpu::BindGroupLayout,
    pub(crate) read: wgpu::BindGroupLayout,
}

impl ScreenLayouts {
    pub(crate) fn new(device: &wgpu::Device) -> Self {
        let layout = |stage, pixels_are_read_only| {
            let points = wgpu::BufferBindingType::Storage { read_only: true };
            let pixels = wgpu::BufferBindingType::Storage { read_only: pixels_are_read_only };
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: Some("screen"),
                entries: &[
                    layout_entry(0, stage, points),
                    layout_entry(1, stage, points),
                    layout_entry(2, stage, pixels),
                    layout_entry(3, stage, pixels),
                    layout_entry(4, stage, points),
                ],
            })
        };
        Self { write: layout(wgpu::ShaderStages::COMPUTE, false), read: layout(wgpu::ShaderStages::FRAGMENT, true) }
    }
}

impl Screen {
    pub(crate) fn new(gpu: &Gpu, layouts: &ScreenLayouts, points: &PointBuffers, size_dpx: [u32; 2]) -> Self {
        let buffer = |label, n_words: u64| {
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: n_words * 4,
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let pixels = buffer("index buffer", n_pixels(size_dpx));
        let peak = buffer("peak", 1);
        let buffers = [&points.positions, &points.styles, &pixels, &peak, &points.pass];
        Self {
            write_group: bind_buffers(gpu, &layouts.write, &buffers),
            read_group: bind_buffers(gpu, &layouts.read, &buffers),
            pixels,
            peak,
            size_dpx,
            accumulated: Accumulated::default(),
        }
    }

    /// Which points must be added for that frame; clears the buffer first where nothing in it can
    /// be kept. They count as added from now on.
    pub(crate) fn prepare(
        &mut self,
        encoder: &mut wgpu::CommandEncoder,
        mode: DrawMode,
        frame: &FrameUniform,
    ) -> Range<u32> {
        let missing = self.accumulated.missing(mode, frame);
        if missing.start == 0 {
            encoder.clear_buffer(&self.pixels, 0, None);
            encoder.clear_buffer(&self.peak, 0, None);
        }
        self.accumulated.extend(mode, frame);
        missing
    }

    /// The points from `offset` on have changed.
    pub(crate) fn invalidate_from(&mut self, offset: u32) {
        self.accumulated.invalidate_from(offset);
    }
}

/// Words of the index buffer.
pub(crate) fn n_pixels([width, height]: [u32; 2]) -> u64 {
    u64::from(width) * u64::from(height)
}

/// What the index buffer holds: the first points of a frame, or nothing.
#[derive(Default)]
struct Accumulated(Option<(DrawMode, FrameUniform)>);

impl Accumulated {
    /// The points that are not in yet; from 0 if none can be kept.
    fn missing(&self, mode: DrawMode, frame: &FrameUniform) -> Range<u32> {
        let first = match &self.0 {
            Some((accumulated_mode, accumulated))
                if *accumulated_mode == mode
                    && accumulated.places_points_like(frame)
                    && accumulated.prefix <= frame.prefix =>
            {
                accumulated.prefix
            }
            _ => 0,
        };
        first..frame.prefix
    }

    fn extend(&mut self, mode: DrawMode, frame: &FrameUniform) {
        self.0 = Some((mode, *frame));
    }

    fn invalidate_from(&mut self, offset: u32) {
        if self.0.is_some_and(|(_, accumulated)| offset < accumulated.prefix) {
            self.0 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::params;

    fn frame(prefix: u32) -> FrameUniform {
        let mut params = params();
        params.prefix = prefix;
        FrameUniform::new(&params, 1000)
    }

    fn accumulated(prefix: u32) -> Accumulated {
        let mut accumulated = Accumulated::default();
        accumulated.extend(DrawMode::Points, &frame(prefix));
        accumulated
    }

    #[test]
    fn a_growing_prefix_adds_the_new_points_alone() {
        let accumulated = accumulated(100);
        assert_eq!(accumulated.missing(DrawMode::Points, &frame(300)), 100..300);
        assert_eq!(accumulated.missing(DrawMode::Points, &frame(100)), 100..100);
        assert_eq!(accumulated.missing(DrawMode::Points, &frame(50)), 0..50);
    }

    #[test]
    fn another_mode_or_camera_starts_anew() {
        let accumulated = accumulated(100);
        assert_eq!(accumulated.missing(DrawMode::Density, &frame(300)), 0..300);
        let mut elsewhere = frame(300);
        elsewhere.center_whole[0] += 1;
        assert_eq!(accumulated.missing(DrawMode::Points, &elsewhere), 0..300);
    }

    #[test]
    fn points_that_arrive_beyond_the_prefix_invalidate_nothing() {
        let mut accumulated = accumulated(100);
        accumulated.invalidate_from(100);
        assert_eq!(accumulated.missing(DrawMode::Points, &frame(300)), 100..300);
        accumulated.invalidate_from(99);
        assert_eq!(accumulated.missing(DrawMode::Points, &frame(300)), 0..300);
    }
}
