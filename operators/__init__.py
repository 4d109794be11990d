"""What an operator types: the commands on an installation's database, wired by `main.py`."""
