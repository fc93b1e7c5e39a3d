# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m twostep`, see `inference/cli.py`."""

import sys

from .inference.cli import main

if __name__ == "__main__":
    sys.exit(main())
