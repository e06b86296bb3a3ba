WITH typed AS (
  SELECT
    source.remiss_file,
    source.remiss_row,
    "source"."scheduled_at" AS remiss_by,
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
      END BETWEEN CAST('2013-05-20T00:00:00Z' AS TIMESTAMPTZ) AND CAST('2013-06-23T23:59:59.999999Z' AS TIMESTAMPTZ),
      TRUE
    )
    AND (
      "source"."wind" > 0
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
), again AS (
  SELECT
    HASH(id) AS h
  FROM judged
  WHERE
    remiss_reason IS NULL
  GROUP BY
    HASH(id)
  HAVING
    COUNT(*) > 1
), several AS (
  SELECT
    id,
    remiss_window,
    remiss_file,
    remiss_row,
    remiss_by,
    DENSE_RANK() OVER (
      PARTITION BY id
      ORDER BY "id", "time", "output", "label", "latency_ms", "inputs.wind", "context.airport"
    ) AS content,
    MIN(remiss_window) OVER (PARTITION BY id) < MAX(remiss_window) OVER (PARTITION BY id) AS apart
  FROM judged
  WHERE
    remiss_reason IS NULL AND HASH(id) IN (
      SELECT
        h
      FROM again
    )
), near AS (
  SELECT
    several.*,
    remiss_window + step AS around
  FROM several
  CROSS JOIN (VALUES
    (-1),
    (0),
    (1)) AS steps(step)
  WHERE
    apart OR step = 0
), compared AS (
  SELECT
    *,
    MAX(remiss_by) OVER (PARTITION BY id, around) AS best
  FROM near
), kept AS (
  SELECT
    id,
    around,
    best,
    COUNT(DISTINCT content) > 1 AS differ,
    MIN(content) AS content,
    MIN(ROW(remiss_file, remiss_row)) FILTER(WHERE
      remiss_window = around) AS place
  FROM compared
  WHERE
    remiss_by IS NOT DISTINCT FROM best
  GROUP BY
    id,
    around,
    best
)
SELECT
  several.id AS id,
  remiss_window AS number,
  remiss_file AS file,
  remiss_row AS line,
  CASE
    WHEN differ AND remiss_by IS NOT DISTINCT FROM best
    THEN 'refused'
    WHEN NOT differ AND several.content = kept.content
    THEN 'merged'
    ELSE 'resolved'
  END AS fate
FROM several
INNER JOIN kept
  ON several.id = kept.id AND remiss_window = around
WHERE
  remiss_window BETWEEN 1 AND 3
  AND (
    differ OR place IS NULL OR place[1] <> remiss_file OR place[2] <> remiss_row
  )
