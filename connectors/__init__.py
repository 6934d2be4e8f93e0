"""The service: citizens' API, employees' desk, the record, live push, and the way to Rasa."""
