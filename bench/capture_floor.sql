-- What a capture derives, written by hand for this one log: exact cells by model version with their least keys, the uniform sample
-- and the per-field profile of each window, proof that no id occurs twice, refused rows, and the content of every sampled event.
-- 10 are kept of each criterion and of undecided events, 20 controls, 500 of each window.

CREATE TEMP TABLE census AS
SELECT
  (epoch_us(scheduled_at) - 345600000000) // 604800000000 AS window_index,
  origin,
  model_version,
  predicted = 'on-time' AND actual = 'late' AS missed_delay,
  predicted = 'late' AND actual = 'on-time' AS false_alarm,
  score < 0.05 AS unsure,
  latency_ms > 250 AS slow,
  status <> 'ok' AS no_answer,
  visib IS NULL AND precip > 0.5 AS blind,
  actual IS NULL AS unlabelled,
  count(*) AS population,
  count(actual) AS labelled,
  min(substr(md5('2026:' || prediction_id), 1, 13) || ':' || prediction_id, 21) AS least,
  -- 501 of 1.7 million lie under this bound in any window but one in 10^20
  min(substr(md5('2026:' || prediction_id), 1, 13) || ':' || prediction_id, 501)
    FILTER (WHERE substr(md5('2026:' || prediction_id), 1, 13) < '002') AS uniform
FROM read_parquet('log/*.parquet')
WHERE prediction_id IS NOT NULL AND scheduled_at IS NOT NULL AND model_version IS NOT NULL
  AND predicted IS NOT NULL AND carrier IS NOT NULL AND origin IS NOT NULL
GROUP BY ALL;

CREATE TEMP TABLE profile AS
SELECT
  (epoch_us(scheduled_at) - 345600000000) // 604800000000 AS window_index,
  count(model_version) AS n01, min(model_version) AS a01, max(model_version) AS b01,
  count(digest) AS n02, min(digest) AS a02, max(digest) AS b02,
  count(predicted) AS n03, min(predicted) AS a03, max(predicted) AS b03,
  count(actual) AS n04, min(actual) AS a04, max(actual) AS b04,
  count(score) AS n05, min(score) AS a05, max(score) AS b05,
  count(latency_ms) AS n06, min(latency_ms) AS a06, max(latency_ms) AS b06,
  count(status) AS n07, min(status) AS a07, max(status) AS b07,
  count(trace) AS n08, min(trace) AS a08, max(trace) AS b08,
  count(carrier) AS n09, min(carrier) AS a09, max(carrier) AS b09,
  count(dest) AS n10, min(dest) AS a10, max(dest) AS b10,
  count(distance) AS n11, min(distance) AS a11, max(distance) AS b11,
  count(wind_speed) AS n12, min(wind_speed) AS a12, max(wind_speed) AS b12,
  count(precip) AS n13, min(precip) AS a13, max(precip) AS b13,
  count(visib) AS n14, min(visib) AS a14, max(visib) AS b14,
  count(temp) AS n15, min(temp) AS a15, max(temp) AS b15,
  count(origin) AS n16, min(origin) AS a16, max(origin) AS b16,
  count(feed) AS n17, min(feed) AS a17, max(feed) AS b17,
  count(remarks) AS n18, min(remarks) AS a18, max(remarks) AS b18,
  count(prediction_id) AS n19, min(prediction_id) AS a19, max(prediction_id) AS b19,
  count(scheduled_at) AS n20, min(scheduled_at) AS a20, max(scheduled_at) AS b20
FROM read_parquet('log/*.parquet')
WHERE prediction_id IS NOT NULL AND scheduled_at IS NOT NULL AND model_version IS NOT NULL
  AND predicted IS NOT NULL AND carrier IS NOT NULL AND origin IS NOT NULL
GROUP BY ALL;

CREATE TEMP TABLE repeated AS
SELECT hash(prediction_id) AS h FROM read_parquet('log/*.parquet') GROUP BY h HAVING count(*) > 1;

CREATE TEMP TABLE refused AS
SELECT count(*) AS n FROM read_parquet('log/*.parquet')
WHERE prediction_id IS NULL OR scheduled_at IS NULL OR model_version IS NULL OR predicted IS NULL OR carrier IS NULL
  OR origin IS NULL;

-- Every key of a cell that can be in some group's sample; cutting to the groups' own thresholds is a matter of milliseconds.
CREATE TEMP TABLE sampled AS
WITH cell_keys AS (
  SELECT window_index, origin, unnest(least) AS k,
    NOT (coalesce(missed_delay, false) OR coalesce(false_alarm, false) OR coalesce(unsure, false) OR coalesce(slow, false)
      OR coalesce(no_answer, false) OR coalesce(blind, false)) AS rest
  FROM census
), kept AS (
  SELECT k FROM cell_keys QUALIFY row_number() OVER (PARTITION BY window_index, origin, rest ORDER BY k) <= 60
  UNION
  SELECT k FROM (SELECT window_index, unnest(uniform) AS k FROM census)
  QUALIFY row_number() OVER (PARTITION BY window_index ORDER BY k) <= 500
)
SELECT substr(k, 15) AS prediction_id FROM kept;

COPY (
  SELECT * FROM read_parquet('log/*.parquet', file_row_number = true, filename = true)
  WHERE prediction_id IN (SELECT prediction_id FROM sampled)
) TO 'floor.parquet' (FORMAT parquet);
COPY census TO 'census.parquet' (FORMAT parquet);
COPY profile TO 'profile.parquet' (FORMAT parquet);
