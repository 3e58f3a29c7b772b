//! Reads damaged copies of files, the same ones every time: `mutate N FILE…` damages each file `N` times. Run it where
//! memory is bounded (`ulimit -v`), since it ends with the first copy that does more than fail.

mod read_all;

use std::{env, fs, io::Read, time::Instant};

use flate2::read::GzDecoder;

fn main() {
    let mut arguments = env::args().skip(1);
    let n: u64 = arguments.next().and_then(|n| n.parse().ok()).expect("usage: mutate N FILE…");
    for path in arguments {
        let bytes = fs::read(&path).expect("the file can be read");
        let mut unpacked = Vec::new();
        let is_packed = path.ends_with(".gz") && GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked).is_ok();
        let bytes = if is_packed { unpacked } else { bytes };
        let mut noise = Noise(bytes.len() as u64);
        let (mut whole, mut slowest, started) = (0, 0.0_f64, Instant::now());
        for _ in 0..n {
            let one = Instant::now();
            whole += u64::from(read_all::read_all(noise.damage(&bytes)));
            slowest = slowest.max(one.elapsed().as_secs_f64());
        }
        let spent = started.elapsed().as_secs_f64();
        println!("{path}: {n} copies in {spent:.1} s, the slowest in {slowest:.2} s; {whole} were read whole");
    }
}

/// A sequence without a pattern (splitmix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A copy with one to eight changes: a byte, an integer of extreme size, or a piece of the file elsewhere.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        const EXTREMES: [u64; 6] = [0, 1, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX];
        let mut damaged = bytes.to_vec();
        for _ in 0..1 + self.next() % 8 {
            let at = (self.next() % bytes.len() as u64) as usize;
            match self.next() % 4 {
                0 | 1 => damaged[at] = self.next() as u8,
                2 => {
                    let length = [2, 4, 8][(self.next() % 3) as usize].min(bytes.len() - at);
                    let value = EXTREMES[(self.next() % 6) as usize].to_le_bytes();
                    damaged[at..at + length].copy_from_slice(&value[..length]);
                }
                _ => {
                    let from = (self.next() % bytes.len() as u64) as usize;
                    let length = (1 + self.next() % 64) as usize;
                    let length = length.min(bytes.len() - at).min(bytes.len() - from);
                    damaged[at..at + length].copy_from_slice(&bytes[from..from + length]);
                }
            }
        }
        damaged
    }
}
