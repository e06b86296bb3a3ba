WITH known AS (
  SELECT
    CAST("flight" AS TEXT) AS remiss_key,
    EPOCH_US(
      CASE
        WHEN "known_at" BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
        THEN "known_at"
      END
    ) AS remiss_from,
    "actual"
  FROM labels
  WHERE
    NOT (
      "flight"
    ) IS NULL
    AND EPOCH_US(
      CASE
        WHEN "known_at" BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
        THEN "known_at"
      END
    ) <= 1372636800000000
)
SELECT
  COUNT(*) AS rows,
  (
    SELECT
      COUNT(*)
    FROM (
      SELECT DISTINCT
        HASH(remiss_key)
      FROM known
    )
  ) AS keys
FROM known
