"""Rasa graph components: glue only. Loaded by Rasa by dotted path; imported by nobody else."""
