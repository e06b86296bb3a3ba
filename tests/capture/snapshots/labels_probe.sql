SELECT
  "known_at" AS known
FROM labels
LIMIT 0
