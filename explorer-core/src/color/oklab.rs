//! Oklab (Björn Ottosson, 2020), where distances are those that people see, and what people see
//! who lack a cone.

use std::f64::consts::PI;

/// Linear light, red, green and blue, 0 to 1 within the gamut of sRGB.
pub(super) type Linear = [f64; 3];

/// Lightness 0 to 1, and two opponent axes.
pub(super) type Oklab = [f64; 3];

type Matrix = [[f64; 3]; 3];

const LMS_FROM_LINEAR: Matrix = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
];
const OKLAB_FROM_LMS: Matrix = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
];
const LMS_FROM_OKLAB: Matrix =
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]];
const LINEAR_FROM_LMS: Matrix = [
    [4.0767416621, -3.3077115913, 0.2309699292],
    [-1.2684380046, 2.6097574011, -0.3413193965],
    [-0.0041960863, -0.7034186147, 1.7076147010],
];

/// Machado, Oliveira & Fernandes (2009), severity 1: no red cones.
pub(super) const PROTANOPIA: Matrix =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
/// The same, no green cones.
pub(super) const DEUTERANOPIA: Matrix =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];

fn apply(matrix: &Matrix, v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// Linear light of an sRGB color, as someone sees it whose cones `vision` describes.
pub(super) fn seen(linear: Linear, vision: &Matrix) -> Linear {
    apply(vision, linear).map(|channel| channel.clamp(0.0, 1.0))
}

/// Linear light from sRGB bytes.
pub(super) fn linear([red, green, blue]: [u8; 3]) -> Linear {
    [red, green, blue].map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { libm::pow((channel + 0.055) / 1.055, 2.4) }
    })
}

/// sRGB bytes from linear light; `None` outside the gamut.
pub(super) fn srgb(linear: Linear) -> Option<[u8; 3]> {
    if linear.iter().any(|channel| !(-1e-4..=1.0001).contains(channel)) {
        return None;
    }
    Some(linear.map(|channel| {
        let channel = channel.clamp(0.0, 1.0);
        let encoded =
            if channel <= 0.0031308 { 12.92 * channel } else { 1.055 * libm::pow(channel, 1.0 / 2.4) - 0.055 };
        libm::round(encoded * 255.0) as u8
    }))
}

/// Oklab of linear light.
pub(super) fn oklab(linear: Linear) -> Oklab {
    apply(&OKLAB_FROM_LMS, apply(&LMS_FROM_LINEAR, linear).map(libm::cbrt))
}

/// Linear light; outside the gamut, beyond 0 to 1.
pub(super) fn linear_from_oklab(lab: Oklab) -> Linear {
    apply(&LINEAR_FROM_LMS, apply(&LMS_FROM_OKLAB, lab).map(|root| root * root * root))
}

/// The same of a lightness, a chroma and a hue in degrees.
pub(super) fn linear_from_oklch(lightness: f64, chroma: f64, hue: f64) -> Linear {
    let radians = hue * PI / 180.0;
    linear_from_oklab([lightness, chroma * libm::cos(radians), chroma * libm::sin(radians)])
}

/// Distance in Oklab; 0.02 is just visible.
pub(super) fn distance(a: Oklab, b: Oklab) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}
