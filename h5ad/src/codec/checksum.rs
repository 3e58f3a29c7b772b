//! The checksums of chunks and of HDF5's metadata.

/// Takes off the checksum that HDF5's filter 3 puts after a chunk, if it is right.
pub(crate) fn fletcher32(input: &[u8]) -> Result<&[u8], String> {
    let Some((content, stated)) = input.split_last_chunk::<4>() else {
        return Err("it is shorter than its checksum".to_owned());
    };
    let (words, rest) = content.as_chunks::<2>();
    let words = words.iter().map(|word| u32::from(u16::from_be_bytes(*word)));
    let (mut low, mut high) = (0_u32, 0_u32);
    for word in words.chain(rest.iter().map(|byte| u32::from(*byte) << 8)) {
        low = fold(low + word);
        high = fold(high + low);
    }
    if u32::from_le_bytes(*stated) == high << 16 | low {
        return Ok(content);
    }
    Err("it does not fit its checksum".to_owned())
}

/// Adds the carry back, without making 65 535 a zero.
fn fold(sum: u32) -> u32 {
    (sum & 0xffff) + (sum >> 16)
}

/// Bob Jenkins's `lookup3` hash, by which HDF5 checks its metadata.
pub(crate) fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let mut rest = bytes;
    while rest.len() > 12 {
        let (head, tail) = rest.split_at(12);
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        a = a.wrapping_add(word(0));
        b = b.wrapping_add(word(4));
        c = c.wrapping_add(word(8));
        a = a.wrapping_sub(c) ^ c.rotate_left(4);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(6);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(8);
        b = b.wrapping_add(a);
        a = a.wrapping_sub(c) ^ c.rotate_left(16);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(19);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(4);
        b = b.wrapping_add(a);
        rest = tail;
    }
    if rest.is_empty() {
        return c;
    }
    let mut last = [0; 12];
    last[..rest.len()].copy_from_slice(rest);
    let word = |at: usize| u32::from_le_bytes([last[at], last[at + 1], last[at + 2], last[at + 3]]);
    a = a.wrapping_add(word(0));
    b = b.wrapping_add(word(4));
    c = c.wrapping_add(word(8));
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

/// Takes off the CRC-32C that Zarr puts after a chunk, if it is right.
pub(crate) fn crc32c(input: &[u8]) -> Result<&[u8], String> {
    const CASTAGNOLI: u32 = 0x82f6_3b78;
    let Some((content, stated)) = input.split_last_chunk::<4>() else {
        return Err("it is shorter than its checksum".to_owned());
    };
    let table: [u32; 256] = std::array::from_fn(|byte| {
        (0..8).fold(byte as u32, |crc, _| if crc & 1 == 1 { crc >> 1 ^ CASTAGNOLI } else { crc >> 1 })
    });
    let crc = !content.iter().fold(!0, |crc, byte| table[usize::from(crc as u8 ^ byte)] ^ crc >> 8);
    if crc == u32::from_le_bytes(*stated) { Ok(content) } else { Err("it does not fit its checksum".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_checksums_fit() {
        // From the authors' own tests.
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
        assert_eq!(crc32c(b"123456789\x83\x92\x06\xe3"), Ok(&b"123456789"[..]));
        assert!(crc32c(b"123456788\x83\x92\x06\xe3").is_err());
        assert!(crc32c(b"123").is_err());
    }

    #[test]
    fn fletcher_sums_see_a_changed_byte() {
        // "abcde" has the words 0x6162, 0x6364, 0x6500.
        let low = fold(fold(0x6162 + 0x6364) + 0x6500);
        let high = fold(fold(0x6162 + fold(0x6162 + 0x6364)) + low);
        let stated = (high << 16 | low).to_le_bytes();
        assert_eq!(fletcher32(&[&b"abcde"[..], &stated].concat()), Ok(&b"abcde"[..]));
        assert!(fletcher32(&[&b"abcdf"[..], &stated].concat()).is_err());
    }
}
