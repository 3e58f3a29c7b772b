//! Finding a device: WebGPU, else WebGL2; Vulkan outside of a page.

use crate::error::RenderError;
use crate::road::Compute;
use futures_channel::oneshot;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which devices may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The best there is: WebGPU, else WebGL2.
    #[default]
    Auto,
    /// WebGL2, without a look at WebGPU. Outside of a page: a device held to WebGL2's limits.
    WebGl2Only,
}

/// A device with its queue and what is known of its health.
pub(crate) struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) compute: Compute,
    pub(crate) backend_name: &'static str,
    health: Arc<Health>,
}

/// A surface and what it can do on the device found with it.
pub(crate) struct FoundSurface {
    pub(crate) surface: wgpu::Surface<'static>,
    pub(crate) capabilities: wgpu::SurfaceCapabilities,
}

#[derive(Default)]
struct Health {
    /// Why the device is gone, once it is.
    lost: Mutex<Option<String>>,
    /// Tells of that.
    heard: Mutex<Option<oneshot::Receiver<()>>>,
    /// The first error that nobody has been told of.
    error: Mutex<Option<String>>,
}

/// More than WebGPU's defaults, asked for where the adapter has it: a storage binding of 1 GiB.
const LARGEST_BINDING_BYTES: u64 = 1 << 30;

impl Gpu {
    /// Opens a device that can draw to `target`, or to textures alone where there is none.
    ///
    /// # Errors
    /// [`RenderError::NoDevice`] with all that was tried.
    pub(crate) async fn open(
        mut target: Option<wgpu::SurfaceTarget<'static>>,
        preference: Backend,
    ) -> Result<(Self, Option<FoundSurface>), RenderError> {
        let mut tried = Vec::new();
        for attempt in attempts(preference) {
            match attempt.open(&mut target).await {
                Ok(found) => return Ok(found),
                Err(reason) => tried.push(format!("{}: {reason}", attempt.name)),
            }
        }
        Err(RenderError::NoDevice { tried: tried.join("; ") })
    }

    pub(crate) fn is_lost(&self) -> bool {
        lock(&self.health.lost).is_some()
    }

    /// Ends when the device is lost; at once for all but the first who ask.
    pub(crate) fn lost(&self) -> impl Future<Output = ()> + use<> {
        let heard = lock(&self.health.heard).take();
        async move {
            if let Some(heard) = heard {
                // A sender dropped unheard is a device given up, which is as lost.
                let _ = heard.await;
            }
        }
    }

    /// The device's loss, or an error it reported since the last call.
    pub(crate) fn check(&self) -> Result<(), RenderError> {
        if let Some(reason) = lock(&self.health.lost).clone() {
            return Err(RenderError::DeviceLost { reason });
        }
        lock(&self.health.error).take().map_or(Ok(()), |message| Err(RenderError::Device(message)))
    }

    fn new((device, queue): (wgpu::Device, wgpu::Queue), compute: Compute, backend_name: &'static str) -> Self {
        let (sender, heard) = oneshot::channel();
        let health = Arc::new(Health { heard: Mutex::new(Some(heard)), ..Health::default() });
        let (lost, sender) = (Arc::clone(&health), Mutex::new(Some(sender)));
        device.set_device_lost_callback(move |_, message| {
            lock(&lost.lost).get_or_insert(message);
            if let Some(sender) = lock(&sender).take() {
                // Who waited may have gone.
                let _ = sender.send(());
            }
        });
        let failed = Arc::clone(&health);
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            lock(&failed.error).get_or_insert_with(|| error.to_string());
        }));
        Self { device, queue, compute, backend_name, health }
    }
}

/// What a panic elsewhere left is as good as any other state of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One way to a device.
struct Attempt {
    name: &'static str,
    backends: wgpu::Backends,
    compute: Compute,
}

#[cfg(target_arch = "wasm32")]
fn attempts(preference: Backend) -> Vec<Attempt> {
    let webgpu = Attempt { name: "WebGPU", backends: wgpu::Backends::BROWSER_WEBGPU, compute: Compute::Present };
    let webgl2 = Attempt { name: "WebGL2", backends: wgpu::Backends::GL, compute: Compute::Missing };
    match preference {
        Backend::Auto => vec![webgpu, webgl2],
        Backend::WebGl2Only => vec![webgl2],
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn attempts(preference: Backend) -> Vec<Attempt> {
    let (name, compute) = match preference {
        Backend::Auto => ("Vulkan", Compute::Present),
        Backend::WebGl2Only => ("Vulkan within WebGL2's limits", Compute::Missing),
    };
    vec![Attempt { name, backends: wgpu::Backends::VULKAN, compute }]
}

impl Attempt {
    /// Takes `target` only when it makes a surface of it.
    async fn open(
        &self,
        target: &mut Option<wgpu::SurfaceTarget<'static>>,
    ) -> Result<(Gpu, Option<FoundSurface>), String> {
        let is_webgpu = self.backends == wgpu::Backends::BROWSER_WEBGPU;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: self.backends,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        // A canvas that gave one kind of context never gives another, so WebGPU's device comes
        // before its surface; WebGL2 has no adapter without a surface.
        if is_webgpu {
            let (adapter, gpu) = self.device(&instance, None).await?;
            let surface = make_surface(&instance, target)?;
            Ok((gpu, found(surface, &adapter)))
        } else {
            let surface = make_surface(&instance, target)?;
            let (adapter, gpu) = self.device(&instance, surface.as_ref()).await?;
            Ok((gpu, found(surface, &adapter)))
        }
    }

    async fn device(
        &self,
        instance: &wgpu::Instance,
        compatible_surface: Option<&wgpu::Surface<'static>>,
    ) -> Result<(wgpu::Adapter, Gpu), String> {
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                compatible_surface,
                ..Default::default()
            })
            .await
            .map_err(|error| error.to_string())?;
        let required_limits = self.limits(&adapter.limits());
        let device = adapter
            .request_device(&wgpu::DeviceDescriptor { label: Some("points"), required_limits, ..Default::default() })
            .await
            .map_err(|error| error.to_string())?;
        Ok((adapter, Gpu::new(device, self.compute, self.name)))
    }

    /// What every device of the kind has, and larger pictures where the adapter can.
    fn limits(&self, adapter: &wgpu::Limits) -> wgpu::Limits {
        let limits = match self.compute {
            Compute::Present => wgpu::Limits::defaults(),
            Compute::Missing => wgpu::Limits::downlevel_webgl2_defaults(),
        };
        let mut limits = limits.using_resolution(adapter.clone());
        if self.compute == Compute::Present {
            let larger = |least: u64, most: u64| most.min(LARGEST_BINDING_BYTES).max(least);
            limits.max_buffer_size = larger(limits.max_buffer_size, adapter.max_buffer_size);
            limits.max_storage_buffer_binding_size =
                larger(limits.max_storage_buffer_binding_size, adapter.max_storage_buffer_binding_size);
        }
        limits
    }
}

fn make_surface(
    instance: &wgpu::Instance,
    target: &mut Option<wgpu::SurfaceTarget<'static>>,
) -> Result<Option<wgpu::Surface<'static>>, String> {
    target.take().map(|target| instance.create_surface(target)).transpose().map_err(|error| error.to_string())
}

fn found(surface: Option<wgpu::Surface<'static>>, adapter: &wgpu::Adapter) -> Option<FoundSurface> {
    surface.map(|surface| FoundSurface { capabilities: surface.get_capabilities(adapter), surface })
}
