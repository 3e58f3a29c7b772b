//! Markers on their way from a worker.

use explorer_core::de::Marker;

/// Bytes of a marker on its way.
const MARKER_BYTES: usize = 4 + 7 * 8;

/// The markers of label after label.
pub fn markers_to_bytes(labels: &[Vec<Marker>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(labels.iter().map(|markers| 4 + MARKER_BYTES * markers.len()).sum());
    for markers in labels {
        bytes.extend((markers.len() as u32).to_le_bytes());
        for marker in markers {
            bytes.extend(marker.gene.to_le_bytes());
            for number in [
                marker.rank,
                marker.score,
                marker.effect,
                marker.log10_pval,
                marker.pval_adj,
                marker.pct_group,
                marker.pct_reference,
            ] {
                bytes.extend(number.to_le_bytes());
            }
        }
    }
    bytes
}

/// What [`markers_to_bytes`] wrote; `None` for anything else.
pub fn markers_from_bytes(mut bytes: &[u8]) -> Option<Vec<Vec<Marker>>> {
    let mut labels = Vec::new();
    while !bytes.is_empty() {
        let (n_markers, rest) = bytes.split_first_chunk::<4>()?;
        let n_bytes = (u32::from_le_bytes(*n_markers) as usize).checked_mul(MARKER_BYTES)?;
        let (markers, rest) = rest.split_at_checked(n_bytes)?;
        labels.push(markers.as_chunks::<MARKER_BYTES>().0.iter().map(marker_from_bytes).collect::<Option<_>>()?);
        bytes = rest;
    }
    Some(labels)
}

fn marker_from_bytes(bytes: &[u8; MARKER_BYTES]) -> Option<Marker> {
    let (gene, numbers) = bytes.split_first_chunk::<4>()?;
    let mut numbers = numbers.as_chunks::<8>().0.iter().map(|number| f64::from_le_bytes(*number));
    Some(Marker {
        gene: u32::from_le_bytes(*gene),
        rank: numbers.next()?,
        score: numbers.next()?,
        effect: numbers.next()?,
        log10_pval: numbers.next()?,
        pval_adj: numbers.next()?,
        pct_group: numbers.next()?,
        pct_reference: numbers.next()?,
    })
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn markers_survive_the_way() {
        let marker = |gene| Marker {
            gene,
            rank: 1.5,
            score: -0.1,
            effect: f64::INFINITY,
            log10_pval: -300.25,
            pval_adj: 1e-300,
            pct_group: 33.3,
            pct_reference: 0.0,
        };
        let labels = vec![vec![marker(0), marker(u32::MAX)], Vec::new(), vec![marker(7)]];
        let bytes = markers_to_bytes(&labels);
        assert_eq!(markers_from_bytes(&bytes), Some(labels));
        assert_eq!(markers_from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(markers_from_bytes(&[]), Some(Vec::new()));
    }
}
