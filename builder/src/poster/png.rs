//! PNG files of few colors. The bytes do not depend on which library the program compresses with elsewhere.

use std::collections::HashMap;

use png::{BitDepth, ColorType, Encoder, chunk};

/// The most colors that a file has.
pub const MOST_COLORS: usize = 256;

/// Effort of the compression, 0 to 10.
const LEVEL: u8 = 9;

/// An opaque color.
type Rgb = [u8; 3];

/// The file of a picture with at most so many colors, its most frequent ones; others become the nearest of these.
pub fn encode(pixels: &[Rgb], [width, height]: [u32; 2], n_colors: usize) -> Vec<u8> {
    let palette = most_frequent(pixels, n_colors.min(MOST_COLORS));
    let mut index_of: HashMap<Rgb, u8> = HashMap::new();
    let mut rows = Vec::with_capacity(pixels.len() + height as usize);
    for row in pixels.chunks(width as usize) {
        // The filter "none": neighbors in the palette are no neighbors in color.
        rows.push(0);
        rows.extend(row.iter().map(|&color| *index_of.entry(color).or_insert_with(|| nearest(&palette, color))));
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette.concat());
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_chunk(chunk::IDAT, &miniz_oxide::deflate::compress_to_vec_zlib(&rows, LEVEL))?;
        writer.finish()
    });
    written.expect("a vector takes what is written");
    file
}

fn most_frequent(pixels: &[Rgb], n_colors: usize) -> Vec<Rgb> {
    let mut counts: HashMap<Rgb, u32> = HashMap::new();
    for &pixel in pixels {
        *counts.entry(pixel).or_default() += 1;
    }
    let mut colors: Vec<(Rgb, u32)> = counts.into_iter().collect();
    colors.sort_unstable_by_key(|&(color, count)| (std::cmp::Reverse(count), color));
    colors.truncate(n_colors);
    colors.into_iter().map(|(color, _)| color).collect()
}

fn nearest(palette: &[Rgb], color: Rgb) -> u8 {
    let distance =
        |other: &Rgb| other.iter().zip(color).map(|(&a, b)| (i32::from(a) - i32::from(b)).pow(2)).sum::<i32>();
    let nearest = (0..palette.len()).min_by_key(|&index| distance(&palette[index]));
    nearest.unwrap_or_default() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of a file.
    fn decoded(file: &[u8]) -> Vec<Rgb> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        bytes.as_chunks::<3>().0.to_vec()
    }

    #[test]
    fn a_picture_of_few_colors_comes_back() {
        let pixels: Vec<Rgb> = (0..35_u8).map(|at| [at % 7, 255 - at, 9]).collect();
        assert_eq!(decoded(&encode(&pixels, [7, 5], MOST_COLORS)), pixels);
    }

    #[test]
    fn rare_colors_become_the_nearest_frequent_one() {
        let mut pixels = vec![[0; 3]; 10];
        pixels.extend([[200; 3]; 5]);
        pixels.extend([[190; 3], [20; 3]]);
        let file = encode(&pixels, [17, 1], 2);
        assert_eq!(decoded(&file)[15..], [[200; 3], [0; 3]]);
        assert_eq!(file, encode(&pixels, [17, 1], 2));
    }
}
