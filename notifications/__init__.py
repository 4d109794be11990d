"""Notices: who is told what, in which words, through which provider, and what became of it."""
