WITH typed AS (
  SELECT
    source.remiss_file,
    source.remiss_row,
    CAST(TO_JSON(
      {'prediction_id': source."prediction_id", 'scheduled_at': source."scheduled_at", 'predicted': source."predicted", 'latency': source."latency", 'wind': source."wind", 'origin': source."origin", 'flight': source."flight"}
    ) AS TEXT) AS remiss_raw,
    source.remiss_line,
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
    AND CAST("source"."prediction_id" AS TEXT) IN (
      SELECT
        id
      FROM remiss_sample
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
), stated AS (
  SELECT
    admitted.*,
    CASE
      WHEN (
        "label" IS NULL
      )
      AND NOT COALESCE("output" = 'on-time' AND CAST(NULL AS BOOLEAN), TRUE)
      THEN 4
      WHEN (
        "label" IS NULL
      )
      THEN 2
      WHEN (
        "output" = 'on-time' AND "label" = 'late'
      ) IS NULL
      THEN 5
      WHEN "output" = 'on-time' AND "label" = 'late'
      THEN 1
      ELSE 0
    END AS "remiss_state_0",
    CASE
      WHEN NOT (
        "context.airport" <> 'TST'
      ) IS TRUE
      THEN 3
      WHEN (
        "latency_ms" > 250
      ) IS NULL
      THEN 5
      WHEN "latency_ms" > 250
      THEN 1
      ELSE 0
    END AS "remiss_state_1",
    CASE
      WHEN around."median_2" IS NULL
      THEN 2
      WHEN (
        ABS(CAST("inputs.wind" AS DOUBLE) - around."median_2") > around."mad_2" * CAST('1.4826' AS DOUBLE) * CAST('6.0' AS DOUBLE)
      ) IS NULL
      THEN 5
      WHEN ABS(CAST("inputs.wind" AS DOUBLE) - around."median_2") > around."mad_2" * CAST('1.4826' AS DOUBLE) * CAST('6.0' AS DOUBLE)
      THEN 1
      ELSE 0
    END AS "remiss_state_2"
  FROM admitted
  LEFT JOIN remiss_reference AS around
    ON admitted.remiss_window = around.number
  WHERE
    remiss_window >= 2
)
SELECT
  remiss_window,
  remiss_at,
  remiss_file,
  remiss_row,
  remiss_raw,
  remiss_line,
  "remiss_state_0",
  "remiss_state_1",
  "remiss_state_2",
  CAST("id" AS TEXT) AS "id",
  CAST("output" AS TEXT) AS "output",
  CAST("label" AS TEXT) AS "label",
  "latency_ms" AS "latency_ms",
  "inputs.wind" AS "inputs.wind",
  CAST("context.airport" AS TEXT) AS "context.airport"
FROM stated
