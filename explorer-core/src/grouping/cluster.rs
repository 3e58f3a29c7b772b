//! Rows brought into an order in which like ones stand together.

/// The order of rows in a tree of complete linkage over the distance 1 − Pearson's r, leaves as `scipy.cluster.hierarchy`
/// draws them: what `scanpy.tl.dendrogram` does with these genes alone. A row that does not vary has
/// the distance 1 from all others. Fewer than two rows stay as they are.
pub fn cluster_order(rows: &[Vec<f64>]) -> Vec<usize> {
    let n = rows.len();
    let mut distances = vec![0.0; n * n];
    for a in 0..n {
        for b in 0..a {
            let distance = 1.0 - correlation(&rows[a], &rows[b]);
            (distances[a * n + b], distances[b * n + a]) = (distance, distance);
        }
    }
    // Clusters by the row that stands for them; the number of each is that of scipy: rows first, then as they are merged.
    let mut leaves: Vec<Option<Vec<usize>>> = (0..n).map(|row| Some(vec![row])).collect();
    let mut numbers: Vec<usize> = (0..n).collect();
    for merged in n..(2 * n).saturating_sub(1) {
        let Some((a, b)) = closest(&distances, &leaves) else { break };
        let (first, second) = if numbers[a] < numbers[b] { (a, b) } else { (b, a) };
        for other in 0..n {
            let farther = distances[a * n + other].max(distances[b * n + other]);
            (distances[b * n + other], distances[other * n + b]) = (farther, farther);
        }
        let (mut joined, more) = (leaves[first].take().unwrap_or_default(), leaves[second].take().unwrap_or_default());
        joined.extend(more);
        leaves[b] = Some(joined);
        numbers[b] = merged;
    }
    leaves.into_iter().flatten().next().unwrap_or_default()
}

/// The two clusters that are closest, the first of equals.
fn closest(distances: &[f64], leaves: &[Option<Vec<usize>>]) -> Option<(usize, usize)> {
    let n = leaves.len();
    let mut best: Option<(f64, usize, usize)> = None;
    for a in (0..n).filter(|&a| leaves[a].is_some()) {
        for b in (a + 1..n).filter(|&b| leaves[b].is_some()) {
            let distance = distances[a * n + b];
            if best.is_none_or(|(least, ..)| distance < least) {
                best = Some((distance, a, b));
            }
        }
    }
    best.map(|(_, a, b)| (a, b))
}

/// Pearson's r; 0 where a row does not vary.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let mean = |row: &[f64]| row.iter().sum::<f64>() / n;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut covariance, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        covariance += a * b;
        square_a += a * a;
        square_b += b * b;
    }
    let r = covariance / (square_a * square_b).sqrt();
    if r.is_finite() { r.clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn like_rows_stand_together() {
        let rows = [[1.0, 0.0, 0.0], [0.0, 0.1, 1.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.1]];
        let order = cluster_order(&rows.map(|row| row.to_vec()));
        let place = |row: usize| order.iter().position(|&other| other == row).unwrap();
        assert_eq!((place(0).abs_diff(place(2)), place(1).abs_diff(place(3))), (1, 1));
        assert_eq!(cluster_order(&[]), [0; 0]);
        assert_eq!(cluster_order(&[vec![1.0]]), [0]);
    }

    proptest! {
        #[test]
        fn every_row_has_one_place(rows in prop::collection::vec(prop::collection::vec(-9.0..9.0_f64, 4), 0..20)) {
            let mut order = cluster_order(&rows);
            order.sort_unstable();
            prop_assert!(order.into_iter().eq(0..rows.len()));
        }
    }
}
