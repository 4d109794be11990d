# -*- coding: utf-8 -*-  # noqa: UP009  (a Python that is too old has to read this far, to say so)
"""Ondol's one command: makes its environment, then runs what you asked for. `python3 run.py --help`."""

import sys

TOO_OLD = """\
온돌은 Python 3.11 이상에서 실행됩니다. `python3.11 run.py ...`처럼 새 Python으로 다시 실행해 주세요.
Ondol needs Python 3.11 or newer. Run it with a newer one, for example `python3.11 run.py ...`.
This is Python """

if sys.version_info < (3, 11):  # noqa: UP036
    message = TOO_OLD + sys.version.split()[0] + "\n"
    getattr(sys.stderr, "buffer", sys.stderr).write(
        message if isinstance(message, bytes) else message.encode("utf-8")
    )
    sys.exit(1)

if __name__ == "__main__":
    from tools.commands import main

    sys.exit(main(sys.argv[1:]))
