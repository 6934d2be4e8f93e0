"""Handing a conversation over: when it can be done, to whom, and what the employee receives."""
