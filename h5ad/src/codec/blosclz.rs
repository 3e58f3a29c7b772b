//! BloscLZ, Blosc's own descendant of FastLZ.

use super::beyond;

/// The farthest that a short distance reaches.
const MAX_SHORT_DISTANCE: usize = 8191;

/// Decodes a stream to at most `limit` bytes.
pub(super) fn decode(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let damaged = || "its BloscLZ stream is damaged".to_owned();
    let mut output: Vec<u8> = Vec::new();
    let mut at = 0;
    let mut next = |n: usize| {
        let bytes = input.get(at..at + n)?;
        at += n;
        Some((bytes, at == input.len()))
    };
    let Some((first, _)) = next(1) else { return Ok(output) };
    // The first token is always a run of literals.
    let mut control = usize::from(first[0] & 31);
    loop {
        let ended = if control < 32 {
            let (literals, ended) = next(control + 1).ok_or_else(damaged)?;
            output.extend_from_slice(literals);
            ended
        } else {
            let mut byte = || next(1).map(|(bytes, ended)| (usize::from(bytes[0]), ended)).ok_or_else(damaged);
            let mut length = (control >> 5) - 1;
            if length == 6 {
                loop {
                    let (more, _) = byte()?;
                    length += more;
                    if more != 255 {
                        break;
                    }
                }
            }
            let high = (control & 31) << 8;
            let (low, mut ended) = byte()?;
            let mut distance = high + low + 1;
            if low == 255 && high == 31 << 8 {
                let (high, _) = byte()?;
                let (low, last) = byte()?;
                distance = MAX_SHORT_DISTANCE + (high << 8 | low) + 1;
                ended = last;
            }
            let start = output.len().checked_sub(distance).ok_or_else(damaged)?;
            if output.len() + length + 3 > limit {
                return Err(beyond(limit, "BloscLZ"));
            }
            for at in start..start + length + 3 {
                output.push(output[at]);
            }
            ended
        };
        if output.len() > limit {
            return Err(beyond(limit, "BloscLZ"));
        }
        if ended {
            return Ok(output);
        }
        control = usize::from(next(1).ok_or_else(damaged)?.0[0]);
    }
}
