//! Bytes of elements, sorted by significance: all first bytes, then all second ones.

/// Puts the bytes of elements of `element_bytes` together again. Bytes after the last whole element stay at the end.
pub(crate) fn decode(input: &[u8], element_bytes: usize) -> Vec<u8> {
    if element_bytes < 2 {
        return input.to_vec();
    }
    let n = input.len() / element_bytes;
    let mut output = vec![0; input.len()];
    let (planes, rest) = input.split_at(n * element_bytes);
    if n > 0 {
        for (byte, plane) in planes.chunks_exact(n).enumerate() {
            for (element, value) in plane.iter().enumerate() {
                output[element * element_bytes + byte] = *value;
            }
        }
    }
    output[n * element_bytes..].copy_from_slice(rest);
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_elements_come_together() {
        assert_eq!(decode(&[1, 3, 5, 2, 4, 6, 7], 2), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(decode(&[1, 2, 3], 1), [1, 2, 3]);
        assert_eq!(decode(&[1, 2, 3], 4), [1, 2, 3]);
    }
}
