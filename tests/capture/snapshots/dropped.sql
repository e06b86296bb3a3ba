SELECT
  number,
  file,
  fate,
  COUNT(*) AS rows
FROM remiss_repeats
GROUP BY
  number,
  file,
  fate
