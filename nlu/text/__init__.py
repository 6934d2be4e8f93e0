"""Pure text functions; run in both environments (Python 3.10 and 3.11)."""
