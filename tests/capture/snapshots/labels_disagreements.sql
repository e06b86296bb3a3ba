SELECT
  COUNT(*) AS rows
FROM remiss_labels
WHERE
  remiss_disagree
