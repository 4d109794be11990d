"""The compiled kernel: C sources, their compilation, and the way in from Python."""
