"""What the law asks of whoever keeps people's data: reviews of the log, retention, what is held, breaches."""
