"""Bringing data in and out: imports from the system before, exports, backups, day sheets for a power cut."""
