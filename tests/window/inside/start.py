# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender --python inside/start.py -- SCENARIO` runs that module's steps and quits."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from inside import driver

driver.main(sys.argv[sys.argv.index("--") + 1])
