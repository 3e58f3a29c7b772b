-- The sums of a corpus from those of its summaries: `sums` stands for the sums.parquet of every summary.
-- Integers are added up, so any engine gives the same, in any order and on any number of machines.
SELECT
    feature_id,
    group_id,
    CAST(SUM(n_nonzero) AS BIGINT) AS n_nonzero,
    CAST(SUM(sum_x) AS BIGINT) AS sum_x,
    CAST(SUM(sum_sq) AS BIGINT) AS sum_sq
FROM sums
GROUP BY feature_id, group_id
ORDER BY feature_id, group_id
