WITH typed AS (
  SELECT
    source.remiss_file,
    source.remiss_row,
    CAST("source"."prediction_id" AS TEXT) AS "id",
    EPOCH_US(
      CASE
        WHEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP)) BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
        THEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP))
      END
    ) AS remiss_at,
    CASE
      WHEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP)) BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
      THEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP))
    END AS "time",
    "source"."predicted" AS "output",
    NOT "source"."latency" IS NULL
    AND TRY_CAST(TRY_CAST("source"."latency" AS DOUBLE) AS DOUBLE) IS NULL AS "remiss_bad_latency_ms",
    CASE
      WHEN ISFINITE(TRY_CAST(TRY_CAST("source"."latency" AS DOUBLE) AS DOUBLE))
      OR ABS(TRY_CAST(TRY_CAST("source"."latency" AS DOUBLE) AS DOUBLE)) = CAST('Infinity' AS DOUBLE)
      THEN TRY_CAST(TRY_CAST("source"."latency" AS DOUBLE) AS DOUBLE)
    END AS "latency_ms",
    CASE
      WHEN ISFINITE(TRY_CAST("source"."wind" AS DOUBLE))
      OR ABS(TRY_CAST("source"."wind" AS DOUBLE)) = CAST('Infinity' AS DOUBLE)
      THEN TRY_CAST("source"."wind" AS DOUBLE)
    END AS "inputs.wind",
    "source"."origin" AS "context.airport"
  FROM events AS source
  WHERE
    COALESCE(
      CASE
        WHEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP)) BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
        THEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP))
      END BETWEEN CAST('2013-05-27T00:00:00Z' AS TIMESTAMPTZ) AND CAST('2013-06-16T23:59:59.999999Z' AS TIMESTAMPTZ),
      TRUE
    )
), judged AS (
  SELECT
    *,
    (
      remiss_at - 1369008000000000
    ) // 604800000000 AS remiss_window,
    CASE
      WHEN "id" IS NULL OR "id" = '' OR CONTAINS("id", CHR(0))
      THEN 'bad-id'
      WHEN remiss_at IS NULL
      THEN 'bad-time'
      WHEN "remiss_bad_latency_ms"
      THEN 'bad-type:latency_ms'
      WHEN "output" IS NULL
      THEN 'missing:output'
      WHEN "context.airport" IS NULL
      THEN 'missing:context.airport'
    END AS remiss_reason
  FROM typed
), admitted AS (
  SELECT
    *
  FROM judged
  WHERE
    remiss_reason IS NULL
)
SELECT
  COUNT(*) AS events,
  MIN(id) AS first
FROM admitted
WHERE
  remiss_window = 1
  AND LEFT(
    MD5(CONCAT('2026:', COALESCE(NULLIF(CAST("context.airport" AS TEXT), ''), id))),
    13
  ) = '0123456789abc'
