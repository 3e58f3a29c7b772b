//! LibLZF, the compression that h5py calls `lzf`: HDF5's filter 32000.

use super::beyond;

/// Decodes a chunk to at most `limit` bytes.
pub(crate) fn decode(input: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let damaged = || "its LZF stream is damaged".to_owned();
    let mut output: Vec<u8> = Vec::new();
    let mut rest = input.iter();
    while let Some(&control) = rest.next() {
        let control = usize::from(control);
        if control < 32 {
            let literals = rest.as_slice().get(..=control).ok_or_else(damaged)?;
            output.extend_from_slice(literals);
            rest = rest.as_slice()[control + 1..].iter();
        } else {
            let mut length = control >> 5;
            if length == 7 {
                length += usize::from(*rest.next().ok_or_else(damaged)?);
            }
            let distance = ((control & 31) << 8 | usize::from(*rest.next().ok_or_else(damaged)?)) + 1;
            let start = output.len().checked_sub(distance).ok_or_else(damaged)?;
            for at in start..start + length + 2 {
                output.push(output[at]);
            }
        }
        if output.len() > limit {
            return Err(beyond(limit, "LZF"));
        }
    }
    Ok(output)
}
