"""Preseason campaigns (사전점검): who is invited, on whose idle time, by which law, what came of it."""
