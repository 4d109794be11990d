"""The follow-up desk: every completed ticket is called, or the reason why not is kept."""
