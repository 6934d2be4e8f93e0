"""What is counted, for Prometheus. No label ever holds what a citizen wrote."""

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("klara_turns_total", "Turns by outcome.", ["outcome"])
REPLIES = Counter("klara_replies_total", "Replies by kind.", ["kind"])
MASKED = Counter("klara_masked_total", "Messages with personal data masked.", ["kind"])
HANDOVERS = Counter("klara_handovers_total", "Handovers opened by reason.", ["reason"])
RASA_FAILURES = Counter("klara_rasa_failures_total", "Turns that Rasa did not handle.")
TURN_SECONDS = Histogram(
    "klara_turn_seconds", "From taking a message to its replies.", buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 3, 10)
)
SEARCH_SECONDS = Histogram(
    "klara_search_seconds", "Searching the knowledge base.", buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
)
BACKLOG = Gauge("klara_backlog", "Accepted messages without an outcome.")
