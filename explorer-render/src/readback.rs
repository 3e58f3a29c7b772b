//! Reading from the device: pictures, picked points, and the news that work is done.

use crate::error::RenderError;
use crate::gpu::Gpu;
use futures_channel::oneshot;

/// A picture in RGBA bytes, sRGB, opaque, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `4 × width × height` bytes.
    pub rgba: Vec<u8>,
}

/// A buffer that the device copies into and the CPU reads.
pub(crate) fn buffer(gpu: &Gpu, size_bytes: u64) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("readback"),
        size: size_bytes,
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    })
}

/// The bytes of a [`buffer`] once all work submitted so far is done. Borrows nothing.
pub(crate) fn read(gpu: &Gpu, buffer: wgpu::Buffer) -> impl Future<Output = Result<Vec<u8>, RenderError>> + use<> {
    let (sender, receiver) = oneshot::channel();
    buffer.map_async(wgpu::MapMode::Read, .., move |result| {
        // Whoever asked may have gone; then nobody misses the answer.
        let _ = sender.send(result);
    });
    wait_where_nobody_polls(gpu);
    async move {
        let mapped = receiver.await.map_err(|_| RenderError::Readback)?;
        mapped.map_err(|_| RenderError::Readback)?;
        let bytes = buffer.get_mapped_range(..).map_err(|_| RenderError::Readback)?.to_vec();
        buffer.unmap();
        Ok(bytes)
    }
}

/// Ready once the device has finished all work submitted so far. Borrows nothing.
pub(crate) fn work_done(gpu: &Gpu) -> impl Future<Output = ()> + use<> {
    let (sender, receiver) = oneshot::channel();
    gpu.queue.on_submitted_work_done(move || {
        let _ = sender.send(());
    });
    wait_where_nobody_polls(gpu);
    async move {
        // A device that is lost drops the sender: its work is as done as it will be.
        let _ = receiver.await;
    }
}

/// In a page the browser calls back; natively the device must be polled, so wait here.
fn wait_where_nobody_polls(gpu: &Gpu) {
    if cfg!(not(target_arch = "wasm32")) {
        // An error means a lost device; the callback is dropped then, which the reader sees.
        let _ = gpu.device.poll(wgpu::PollType::wait_indefinitely());
    }
}

/// Undoes the row alignment of a texture's copy and the channel order of its format.
pub(crate) fn image_from_rows(
    rows: &[u8],
    [width, height]: [u32; 2],
    row_bytes: usize,
    format: wgpu::TextureFormat,
) -> Image {
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    for row in rows.chunks(row_bytes).take(height as usize) {
        rgba.extend_from_slice(&row[..width as usize * 4]);
    }
    if format == wgpu::TextureFormat::Bgra8Unorm {
        for pixel in rgba.chunks_exact_mut(4) {
            pixel.swap(0, 2);
        }
    }
    Image { width, height, rgba }
}
