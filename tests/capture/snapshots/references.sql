WITH everything AS (
  SELECT
    *
  FROM remiss_reference_0
  UNION ALL
  SELECT
    *
  FROM remiss_reference_1
), numbers AS (
  SELECT
    number
  FROM (VALUES
    (1),
    (2)) AS given(number)
)
SELECT
  numbers.number,
  CASE WHEN of_2.count_2 >= 30 AND of_2.mad_2 > 0 THEN of_2.median_2 END AS median_2,
  CASE WHEN of_2.count_2 >= 30 AND of_2.mad_2 > 0 THEN of_2.mad_2 END AS mad_2,
  COALESCE(of_2.count_2, 0) AS count_2
FROM numbers
LEFT JOIN everything AS of_2
  ON numbers.number = of_2.number + 1
