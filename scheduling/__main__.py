"""`python -m scheduling plan ...`: planning from a terminal, without the rest of the house."""

import sys

from scheduling.cli import main

sys.exit(main(sys.argv[1:]))
