"""Understanding of Danish and English text. Knows no web framework and no store."""
