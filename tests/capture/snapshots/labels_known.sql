WITH known AS (
  SELECT
    CAST("flight" AS TEXT) AS remiss_key,
    EPOCH_US(
      CASE
        WHEN CASE
          WHEN REGEXP_MATCHES(TRIM("known_at"), ':\d\d(\.\d+)? ?(Z|z|UTC|[+-]\d\d(:?\d\d)?)$')
          THEN TRY_CAST(TRIM("known_at") AS TIMESTAMPTZ)
          ELSE TIMEZONE('America/New_York', TRY_CAST("known_at" AS TIMESTAMP))
        END BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
        THEN CASE
          WHEN REGEXP_MATCHES(TRIM("known_at"), ':\d\d(\.\d+)? ?(Z|z|UTC|[+-]\d\d(:?\d\d)?)$')
          THEN TRY_CAST(TRIM("known_at") AS TIMESTAMPTZ)
          ELSE TIMEZONE('America/New_York', TRY_CAST("known_at" AS TIMESTAMP))
        END
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
        WHEN CASE
          WHEN REGEXP_MATCHES(TRIM("known_at"), ':\d\d(\.\d+)? ?(Z|z|UTC|[+-]\d\d(:?\d\d)?)$')
          THEN TRY_CAST(TRIM("known_at") AS TIMESTAMPTZ)
          ELSE TIMEZONE('America/New_York', TRY_CAST("known_at" AS TIMESTAMP))
        END BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
        THEN CASE
          WHEN REGEXP_MATCHES(TRIM("known_at"), ':\d\d(\.\d+)? ?(Z|z|UTC|[+-]\d\d(:?\d\d)?)$')
          THEN TRY_CAST(TRIM("known_at") AS TIMESTAMPTZ)
          ELSE TIMEZONE('America/New_York', TRY_CAST("known_at" AS TIMESTAMP))
        END
      END
    ) <= 1372636800000000
), several AS (
  SELECT
    HASH(remiss_key) AS h
  FROM known
  GROUP BY
    HASH(remiss_key)
  HAVING
    COUNT(*) > 1
), once AS (
  SELECT
    remiss_key,
    remiss_from,
    ANY_VALUE("actual") AS "actual",
    COUNT(DISTINCT ROW("actual")) > 1 AS remiss_disagree
  FROM known
  WHERE
    HASH(remiss_key) IN (
      SELECT
        h
      FROM several
    )
  GROUP BY
    remiss_key,
    remiss_from
)
SELECT
  remiss_key,
  remiss_from,
  "actual",
  remiss_disagree,
  LEAD(remiss_from) OVER (PARTITION BY remiss_key ORDER BY remiss_from) AS remiss_until,
  MIN(remiss_from) OVER (PARTITION BY remiss_key) AS remiss_first
FROM once
UNION ALL
SELECT
  remiss_key,
  remiss_from,
  "actual",
  FALSE,
  NULL,
  remiss_from
FROM known
LEFT JOIN several
  ON HASH(remiss_key) = several.h
WHERE
  several.h IS NULL
