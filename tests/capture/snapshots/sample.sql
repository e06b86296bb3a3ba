SELECT
  UNNEST(FROM_JSON('["a", "it''s", "a \"quote\"", "line\nbreak"]', '["VARCHAR"]')) AS id
