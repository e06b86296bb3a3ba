SELECT
  CAST("flight" AS TEXT) AS remiss_key,
  EPOCH_US(CASE WHEN ISFINITE("known_at") THEN "known_at" END) AS remiss_from,
  "actual"
FROM labels
WHERE
  NOT "flight" IS NULL
  AND EPOCH_US(CASE WHEN ISFINITE("known_at") THEN "known_at" END) <= 1372636800000000
