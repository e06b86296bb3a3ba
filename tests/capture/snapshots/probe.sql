SELECT
  "source"."prediction_id" AS "id",
  "source"."scheduled_at" AS "time",
  "source"."predicted" AS "output",
  "labels"."actual" AS "label",
  TRY_CAST("source"."latency" AS DOUBLE) AS "latency_ms",
  TRY_CAST("source"."wind" AS DOUBLE) AS "inputs.wind",
  "source"."origin" AS "context.airport",
  "source"."latency" AS "remiss_raw_latency_ms"
FROM events AS source
CROSS JOIN labels AS labels
LIMIT 0
