"""The intake desk: self-fix cards, error codes, and what the call-centre agent sees and says."""
