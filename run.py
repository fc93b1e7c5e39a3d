# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets Twostep up and runs it. Needs Python 3.11 with pip; tests in Blender 5.2 need 3.13.

python run.py demo [SONG] [--out DIR]   a dancing figure as .blend, .fbx, .mp4 and .png
python run.py rigs [--family NAME]      every family of rigs dances: a table, and pictures
python run.py test [PART ...]           every check and every test, or only the parts named

Each makes the virtual environments it needs under .venvs/, once.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tools import checks
from tools.environment import DEMO_BLENDER, SetupError, environment, run

EXIT_INTERRUPTED = 130


def demo(arguments: list[str]) -> int:
    """Run the demo in an environment of Blender and what dancing needs; torch is not among it."""
    python = environment(DEMO_BLENDER, graphics=True)
    # Paths on the command line are meant from where the user stands.
    return run([python, "-m", "twostep.demo", *arguments], folder=Path.cwd())


def rigs(arguments: list[str]) -> int:
    """Let characters of every family dance, measured and drawn, in the demo's environment."""
    python = environment(DEMO_BLENDER, graphics=True)
    return run([python, "-m", "twostep.demo.rigs", *arguments], folder=Path.cwd())


def main(arguments: list[str]) -> int:
    """Run the command named first; the exit code is that of what it ran."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what runs is stopped as well
    commands = {"demo": demo, "rigs": rigs, "test": checks.main}
    if arguments and arguments[0] in commands:
        try:
            return commands[arguments[0]](arguments[1:])
        except SetupError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
    wants_help = bool(arguments) and arguments[0] in ("-h", "--help")
    print(__doc__, file=sys.stdout if wants_help else sys.stderr)
    return 0 if wants_help else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
