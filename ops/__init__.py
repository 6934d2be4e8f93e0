"""Set-up, building, supervision and test running: everything behind the Makefile."""
