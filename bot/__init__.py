"""The Rasa project: configuration, domain, rules, actions and the one channel. Rasa's environment only."""
