"""The verbs. Each owns its transactions, takes its collaborators as arguments, and never calls another."""
