//! What can go wrong between points and pixels.

use explorer_points::MAX_POINTS;

/// An error of the renderer. Each says what would help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No device could be had.
    #[error(
        "no way to draw was found ({tried}); turn on hardware acceleration in the browser's \
         settings, or use a recent Chrome, Edge, Firefox or Safari"
    )]
    NoDevice {
        /// What was tried, each with its outcome.
        tried: String,
    },
    /// The device is gone: make a new renderer and upload the points again. Where it goes at the
    /// first frames time and again, the browser cannot show what WebGPU draws: use WebGL2.
    #[error("the graphics device was lost: {reason}")]
    DeviceLost {
        /// What the browser or driver says about it.
        reason: String,
    },
    /// The device reported an error since the last call, out of memory for instance.
    #[error("the graphics device reported: {0}")]
    Device(String),
    /// More points than the index buffer can tell apart.
    #[error("{n_points} points are more than the {MAX_POINTS} that can be drawn")]
    TooManyPoints {
        /// The number asked for.
        n_points: u32,
    },
    /// A write beyond the points there are.
    #[error("a write of {len} points at {offset} does not fit into {n_points} points")]
    OutOfRange {
        /// First point to write.
        offset: u32,
        /// Number of points to write.
        len: usize,
        /// Number of points there are.
        n_points: u32,
    },
    /// The viewport has more pixels than the device can draw to; lower its device pixel ratio.
    #[error("the device cannot draw a picture of {width_dpx} × {height_dpx} pixels")]
    ViewportTooLarge {
        /// Width in device pixels.
        width_dpx: u32,
        /// Height in device pixels.
        height_dpx: u32,
    },
    /// The image behind the points has more pixels a side than the device can hold, or not as many as its size says.
    #[error("the device cannot show an image of {width} × {height} pixels; its largest has {limit} a side")]
    ImageTooLarge {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The most of either.
        limit: u32,
    },
    /// The picture could not be read back.
    #[error("the picture could not be read back from the graphics device")]
    Readback,
}
