"""The employees' side: log-in, lists, conversations, live news."""
