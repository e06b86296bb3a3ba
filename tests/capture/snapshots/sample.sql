SELECT unnest(from_json('["a", "it''s", "a \"quote\"", "line\nbreak"]', '["VARCHAR"]')) AS id
