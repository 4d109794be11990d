"""From the ticket to the finished visit: one file per step of the story."""
