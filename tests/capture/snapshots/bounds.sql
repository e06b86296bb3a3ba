SELECT
  number,
  remiss_bound
FROM (VALUES
  (1, '002d9e051f466'),
  (2, 'g')) AS given(number, remiss_bound)
