//! The points on the GPU: positions and styles, and which of them a frame needs.

use crate::chunks::{CHUNK, Chunks};
use crate::error::RenderError;
use crate::gpu::Gpu;
use crate::passes::n_workgroups;
use crate::render_path::Compute;
use bytemuck::Pod;
use explorer_points::{MAX_POINTS, PointPosition, PointStyle};
use std::mem::size_of;

/// A chunk beyond all points.
const NO_CHUNK: u32 = MAX_POINTS.div_ceil(CHUNK);

/// Positions and styles in draw order; and a count that may be less than what there is room for.
pub(crate) struct PointBuffers {
    pub(crate) positions: wgpu::Buffer,
    pub(crate) styles: wgpu::Buffer,
    /// Numbers of the chunks that a compute pass goes over; see [`Self::write_pass`].
    pub(crate) pass: wgpu::Buffer,
    pub(crate) chunks: Chunks,
    n_points: u32,
    capacity: u32,
}

impl PointBuffers {
    /// Room for `n_points` (one at least), none of which has a position yet.
    ///
    /// # Errors
    /// [`RenderError::TooManyPoints`].
    pub(crate) fn new(gpu: &Gpu, n_points: u32) -> Result<Self, RenderError> {
        if n_points > MAX_POINTS {
            return Err(RenderError::TooManyPoints { n_points });
        }
        let capacity = n_points.max(1);
        let buffer = |label, n_words: u32| {
            let storage = match gpu.compute {
                Compute::Present => wgpu::BufferUsages::STORAGE,
                Compute::Missing => wgpu::BufferUsages::empty(),
            };
            gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: u64::from(n_words) * size_of::<u32>() as u64,
                usage: storage | wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let mut points = Self {
            positions: buffer("positions", capacity),
            styles: buffer("styles", capacity),
            pass: buffer("pass", n_workgroups(capacity.div_ceil(CHUNK))),
            chunks: Chunks::new(n_points),
            n_points,
            capacity,
        };
        points.forget_positions(gpu);
        Ok(points)
    }

    pub(crate) fn n_points(&self) -> u32 {
        self.n_points
    }

    /// Sets the count without a new allocation, if there is room. All positions are forgotten.
    pub(crate) fn reuse(&mut self, gpu: &Gpu, n_points: u32) -> bool {
        let fits = n_points <= self.capacity;
        if fits {
            self.n_points = n_points;
            self.forget_positions(gpu);
        }
        fits
    }

    pub(crate) fn write_positions(
        &mut self,
        gpu: &Gpu,
        offset: u32,
        positions: &[PointPosition],
    ) -> Result<(), RenderError> {
        self.write(gpu, &self.positions, offset, positions)?;
        self.chunks.write(offset, positions);
        Ok(())
    }

    pub(crate) fn write_styles(&self, gpu: &Gpu, offset: u32, styles: &[PointStyle]) -> Result<(), RenderError> {
        self.write(gpu, &self.styles, offset, styles)
    }

    fn write<T: Pod>(&self, gpu: &Gpu, buffer: &wgpu::Buffer, offset: u32, data: &[T]) -> Result<(), RenderError> {
        if offset as usize + data.len() > self.n_points as usize {
            return Err(RenderError::OutOfRange { offset, len: data.len(), n_points: self.n_points });
        }
        let offset_bytes = u64::from(offset) * size_of::<T>() as u64;
        gpu.queue.write_buffer(buffer, offset_bytes, bytemuck::cast_slice(data));
        Ok(())
    }

    /// Says which chunks the next compute pass goes over, a workgroup each.
    pub(crate) fn write_pass(&self, gpu: &Gpu, mut chunks: Vec<u32>) {
        // The last row of workgroups may be longer than the list.
        chunks.resize(n_workgroups(chunks.len() as u32) as usize, NO_CHUNK);
        gpu.queue.write_buffer(&self.pass, 0, bytemuck::cast_slice(&chunks));
    }

    /// Until its tile arrives a point is nowhere.
    fn forget_positions(&mut self, gpu: &Gpu) {
        self.chunks = Chunks::new(self.n_points);
        const BLOCK: usize = 1 << 20;
        let n_points = self.n_points as usize;
        let nowhere = vec![PointPosition::NONE; n_points.min(BLOCK)];
        for begin in (0..n_points).step_by(BLOCK) {
            let block = &nowhere[..BLOCK.min(n_points - begin)];
            let offset_bytes = (begin * size_of::<PointPosition>()) as u64;
            gpu.queue.write_buffer(&self.positions, offset_bytes, bytemuck::cast_slice(block));
        }
    }
}
