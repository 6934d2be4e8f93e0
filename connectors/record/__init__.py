"""The record: what was said and done, in SQL. Everything live can be rebuilt from it."""
