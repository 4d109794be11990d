"""The demo's world: two makers, a thousand technicians and a winter day. Only `main.py` imports it."""
