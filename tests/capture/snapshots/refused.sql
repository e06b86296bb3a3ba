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
    "source"."origin" AS "context.airport",
    COALESCE(labels.remiss_disagree, FALSE) AS remiss_disagree
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
      WHEN remiss_disagree
      THEN 'labels-disagree'
    END AS remiss_reason
  FROM typed
), admitted AS (
  SELECT
    judged.*
  FROM judged
  LEFT JOIN remiss_repeats AS twin
    ON remiss_row = twin.line AND remiss_file = twin.file
  WHERE
    remiss_reason IS NULL AND twin.line IS NULL
)
SELECT
  *
FROM (
  (
    SELECT
      'bad-id' AS reason,
      remiss_file AS file,
      remiss_row AS line,
      id
    FROM judged
    WHERE
      remiss_reason = 'bad-id'
      AND (
        remiss_window >= 2
        OR (
          remiss_window IS NULL AND remiss_file IN ('/log.parquet')
        )
      )
    ORDER BY
      file,
      line
    LIMIT 100
  )
  UNION ALL
  (
    SELECT
      'bad-type:latency_ms' AS reason,
      remiss_file AS file,
      remiss_row AS line,
      id
    FROM judged
    WHERE
      remiss_reason = 'bad-type:latency_ms'
      AND (
        remiss_window >= 2
        OR (
          remiss_window IS NULL AND remiss_file IN ('/log.parquet')
        )
      )
    ORDER BY
      file,
      line
    LIMIT 100
  )
  UNION ALL
  (
    SELECT
      'labels-disagree' AS reason,
      remiss_file AS file,
      remiss_row AS line,
      id
    FROM judged
    WHERE
      remiss_reason = 'labels-disagree'
      AND (
        remiss_window >= 2
        OR (
          remiss_window IS NULL AND remiss_file IN ('/log.parquet')
        )
      )
    ORDER BY
      file,
      line
    LIMIT 100
  )
  UNION ALL
  (
    SELECT
      'duplicate-id' AS reason,
      file,
      line,
      id
    FROM remiss_repeats
    WHERE
      fate = 'refused' AND number >= 2
    ORDER BY
      file,
      line
    LIMIT 100
  )
) AS every
ORDER BY
  reason,
  file,
  line
