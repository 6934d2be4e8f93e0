"""The citizens' side: taking messages in, live messages, the transcript."""
