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
    "labels"."actual" AS "label",
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
  LEFT JOIN remiss_labels AS labels
    ON CAST("source"."flight" AS TEXT) = labels.remiss_key
    AND labels.remiss_from <= LEAST(
      1372636800000000,
      EPOCH_US(
        CASE
          WHEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP)) BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
          THEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP))
        END
      ) + 172800000000
    )
    AND (
      labels.remiss_until IS NULL
      OR labels.remiss_until > LEAST(
        1372636800000000,
        EPOCH_US(
          CASE
            WHEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP)) BETWEEN CAST('0001-01-01T00:00:00Z' AS TIMESTAMPTZ) AND CAST('9999-12-31T23:59:59.999999Z' AS TIMESTAMPTZ)
            THEN TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP))
          END
        ) + 172800000000
      )
    )
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
  remiss_window AS number,
  COUNT(*) AS events,
  COUNT("time") AS present_0,
  MIN(remiss_at) AS least_0,
  MAX(remiss_at) AS greatest_0,
  COUNT("output") AS present_1,
  MIN(CAST("output" AS TEXT)) AS least_1,
  MAX(CAST("output" AS TEXT)) AS greatest_1,
  COUNT("label") AS present_2,
  MIN(CAST("label" AS TEXT)) AS least_2,
  MAX(CAST("label" AS TEXT)) AS greatest_2,
  COUNT("latency_ms") AS present_3,
  MIN("latency_ms") AS least_3,
  MAX("latency_ms") AS greatest_3,
  COUNT("inputs.wind") AS present_4,
  MIN("inputs.wind") AS least_4,
  MAX("inputs.wind") AS greatest_4,
  COUNT("context.airport") AS present_5,
  MIN(CAST("context.airport" AS TEXT)) AS least_5,
  MAX(CAST("context.airport" AS TEXT)) AS greatest_5
FROM admitted
WHERE
  remiss_window >= 2
GROUP BY
  remiss_window
ORDER BY
  remiss_window
