//! Colors as files write them.

use super::Rgba;
use super::names::{CSS, LETTERS, TABLEAU};

/// The colors that visitors of xkcd.com named in a survey, a name and `#rrggbb` a line. The list is in the public domain
/// (<https://xkcd.com/color/rgb/>); gray is also spelled as matplotlib allows.
const XKCD: &str = include_str!("xkcd.txt");

/// Reads a color as matplotlib would: `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, a CSS name, `tab:`
/// and `xkcd:` names, one letter, a gray from `0` to `1`, `C0` to `C9`, `none`, or a tuple of three or four numbers from 0
/// to 1 in brackets. Case and surrounding space do not matter.
///
/// `None` for anything else.
pub fn parse(text: &str) -> Option<Rgba> {
    let text = text.trim().to_ascii_lowercase();
    if let Some(digits) = text.strip_prefix('#') {
        return parse_hex(digits);
    }
    if let Some(name) = text.strip_prefix("tab:") {
        return named(&TABLEAU, name);
    }
    if let Some(name) = text.strip_prefix("xkcd:") {
        let (_, digits) = XKCD.lines().filter_map(|line| line.split_once(" #")).find(|(known, _)| *known == name)?;
        return parse_hex(digits);
    }
    let cycled = text.strip_prefix('c').and_then(|digit| digit.parse::<usize>().ok());
    if let Some(place) = cycled {
        // `TABLEAU` spells gray twice.
        let place = if place % 10 > 7 { place % 10 + 1 } else { place % 10 };
        return Some(opaque(TABLEAU[place].1));
    }
    if text == "none" {
        return Some([0; 4]);
    }
    let by_name = named(&LETTERS, &text).or_else(|| {
        let place = CSS.binary_search_by(|(name, _)| (*name).cmp(text.as_str())).ok()?;
        Some(opaque(CSS[place].1))
    });
    by_name.or_else(|| parse_gray(&text)).or_else(|| parse_tuple(&text))
}

fn named(table: &[(&str, u32)], name: &str) -> Option<Rgba> {
    table.iter().find(|(known, _)| *known == name).map(|&(_, rgb)| opaque(rgb))
}

/// A color from 0xRRGGBB.
pub(super) const fn opaque(rgb: u32) -> Rgba {
    let [_, red, green, blue] = rgb.to_be_bytes();
    [red, green, blue, u8::MAX]
}

fn parse_hex(digits: &str) -> Option<Rgba> {
    let digits: Vec<u8> = digits.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let channels: Vec<u8> = match digits.len() {
        3 | 4 => digits.iter().map(|digit| digit * 17).collect(),
        6 | 8 => digits.as_chunks::<2>().0.iter().map(|[high, low]| high * 16 + low).collect(),
        _ => return None,
    };
    Some([channels[0], channels[1], channels[2], channels.get(3).copied().unwrap_or(u8::MAX)])
}

fn parse_gray(text: &str) -> Option<Rgba> {
    let level = parse_level(text)?;
    Some([level, level, level, u8::MAX])
}

fn parse_tuple(text: &str) -> Option<Rgba> {
    let inner = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .or_else(|| text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')))?;
    let levels: Vec<u8> = inner.split(',').map(|part| parse_level(part.trim())).collect::<Option<_>>()?;
    match levels[..] {
        [red, green, blue] => Some([red, green, blue, u8::MAX]),
        [red, green, blue, alpha] => Some([red, green, blue, alpha]),
        _ => None,
    }
}

/// 0 to 1 as 0 to 255.
fn parse_level(text: &str) -> Option<u8> {
    let level: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&level).then(|| libm::round(level * 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_matplotlib_reads() {
        let cases: [(&str, Option<Rgba>); 22] = [
            ("#1f77b4", Some([0x1f, 0x77, 0xb4, 255])),
            (" #1F77B480 ", Some([0x1f, 0x77, 0xb4, 0x80])),
            ("#f80", Some([255, 0x88, 0, 255])),
            ("#f808", Some([255, 0x88, 0, 0x88])),
            ("AliceBlue", Some([0xf0, 0xf8, 0xff, 255])),
            ("yellowgreen", Some([0x9a, 0xcd, 0x32, 255])),
            ("tab:orange", Some([255, 0x7f, 0x0e, 255])),
            ("xkcd:Cloudy Blue", Some([0xac, 0xc2, 0xd9, 255])),
            ("xkcd:greyish", Some([0xa8, 0xa4, 0x95, 255])),
            ("xkcd:no such color", None),
            ("k", Some([0, 0, 0, 255])),
            ("C9", Some([0x17, 0xbe, 0xcf, 255])),
            ("C8", Some([0xbc, 0xbd, 0x22, 255])),
            ("C17", Some([0x7f, 0x7f, 0x7f, 255])),
            ("0.5", Some([128, 128, 128, 255])),
            ("(1, 0, 0.2, 0.5)", Some([255, 0, 51, 128])),
            ("none", Some([0, 0, 0, 0])),
            ("#12345", None),
            ("#gg0000", None),
            ("no color", None),
            ("1.5", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn names_are_in_order() {
        assert!(CSS.is_sorted_by_key(|(name, _)| *name));
    }
}
