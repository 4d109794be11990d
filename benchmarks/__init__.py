"""Measurements beside a peer or a baseline in the same run; nothing here is a test."""
