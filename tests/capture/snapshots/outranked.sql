SELECT DISTINCT
  number,
  id
FROM remiss_repeats
WHERE
  fate = 'resolved' AND id IN (
    SELECT
      id
    FROM remiss_sample
  )
