"""The companies that carry our texts, each behind the same Protocol; their codes become our words."""
