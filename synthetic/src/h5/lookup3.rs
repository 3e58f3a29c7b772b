//! The checksum of HDF5's metadata: Bob Jenkins' lookup3, `hashlittle` with an initial value of 0.

/// The checksum of some bytes.
pub fn checksum(bytes: &[u8]) -> u32 {
    let start = 0xDEAD_BEEF_u32.wrapping_add(bytes.len() as u32);
    let mut state = [start; 3];
    // The last piece is mixed differently, even when it is whole.
    let last = bytes.len().saturating_sub(1) / 12 * 12;
    let (pieces, tail) = bytes.split_at(last);
    for piece in pieces.chunks_exact(12) {
        add(&mut state, piece);
        mix(&mut state);
    }
    if tail.is_empty() {
        return state[2];
    }
    let mut padded = [0; 12];
    padded[..tail.len()].copy_from_slice(tail);
    add(&mut state, &padded);
    finish(&mut state);
    state[2]
}

fn add(state: &mut [u32; 3], piece: &[u8]) {
    for (word, bytes) in state.iter_mut().zip(piece.chunks_exact(4)) {
        *word = word.wrapping_add(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    }
}

fn mix([a, b, c]: &mut [u32; 3]) {
    fn step(x: &mut u32, y: u32, z: &mut u32, bits: u32) {
        *x = x.wrapping_sub(*z) ^ z.rotate_left(bits);
        *z = z.wrapping_add(y);
    }
    step(a, *b, c, 4);
    step(b, *c, a, 6);
    step(c, *a, b, 8);
    step(a, *b, c, 16);
    step(b, *c, a, 19);
    step(c, *a, b, 4);
}

fn finish([a, b, c]: &mut [u32; 3]) {
    fn step(x: &mut u32, y: u32, bits: u32) {
        *x = (*x ^ y).wrapping_sub(y.rotate_left(bits));
    }
    step(c, *b, 14);
    step(a, *c, 11);
    step(b, *a, 25);
    step(c, *b, 16);
    step(a, *c, 4);
    step(b, *a, 14);
    step(c, *b, 24);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_lookup3() {
        // From the self-test of the original, lookup3.c, driver5.
        assert_eq!(checksum(b""), 0xDEAD_BEEF);
        assert_eq!(checksum(b"Four score and seven years ago"), 0x1777_0551);
    }
}
