WITH typed AS (
  SELECT
    source.remiss_file,
    source.remiss_row,
    CAST("source"."prediction_id" AS TEXT) AS "id",
    EPOCH_US(TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP))) AS remiss_at,
    TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP)) AS "time",
    "source"."predicted" AS "output",
    "labels"."actual" AS "label",
    NOT "source"."latency" IS NULL
    AND TRY_CAST(TRY_CAST("source"."latency" AS DOUBLE) AS DOUBLE) IS NULL AS "remiss_bad_latency_ms",
    TRY_CAST(TRY_CAST("source"."latency" AS DOUBLE) AS DOUBLE) AS "latency_ms",
    TRY_CAST("source"."wind" AS DOUBLE) AS "inputs.wind",
    "source"."origin" AS "context.airport",
    firsts.remiss_from AS remiss_first
  FROM events AS source
  LEFT JOIN remiss_labels AS labels
    ON CAST("source"."flight" AS TEXT) = labels.remiss_key
    AND labels.remiss_from <= LEAST(
      1372636800000000,
      EPOCH_US(TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP))) + 172800000000
    )
    AND (
      labels.remiss_until IS NULL
      OR labels.remiss_until > LEAST(
        1372636800000000,
        EPOCH_US(TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP))) + 172800000000
      )
    )
  LEFT JOIN remiss_labels AS firsts
    ON CAST("source"."flight" AS TEXT) = firsts.remiss_key
    AND firsts.remiss_from = firsts.remiss_first
  WHERE
    TIMEZONE('America/New_York', CAST("source"."scheduled_at" AS TIMESTAMP)) BETWEEN CAST('2013-05-27T00:00:00Z' AS TIMESTAMPTZ) AND CAST('2013-06-16T23:59:59.999999Z' AS TIMESTAMPTZ)
), judged AS (
  SELECT
    *,
    (
      remiss_at - 1369008000000000
    ) // 604800000000 AS remiss_window,
    CAST(NULL AS TEXT) AS remiss_reason
  FROM typed
), admitted AS (
  SELECT
    judged.*
  FROM judged
  LEFT JOIN remiss_repeats AS twin
    ON remiss_row = twin.line AND remiss_file = twin.file
  WHERE
    remiss_reason IS NULL AND twin.line IS NULL
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
  CAST(remiss_window AS INT) AS number,
  CAST(LIST_POSITION(
    [0, 1],
    (
      CAST("remiss_state_0" AS BIGINT) * 1 + CAST("remiss_state_1" AS BIGINT) * 6 + CAST("remiss_state_2" AS BIGINT) * 36
    )
  ) - 1 AS USMALLINT) AS pattern,
  CAST(CASE
    WHEN "output" IS NULL
    THEN 0
    ELSE COALESCE(NULLIF(LIST_POSITION(['late', 'it''s'], CAST("output" AS TEXT)), 0), 3)
  END AS UTINYINT) AS field_0,
  CAST(CASE WHEN "label" IS NULL THEN 0 ELSE 1 END AS UTINYINT) AS field_1,
  CAST("inputs.wind" AS DOUBLE) AS field_2,
  CAST(remiss_first - remiss_at AS DOUBLE) AS field_3
FROM stated
