"""Runs one variant of a test suite: python3 -I run.py VARIANT.json

Events go to descriptor 3, one JSON object a line, where there is such a descriptor. docs/testing-services.md has the formats.
"""

import os

# Before anything else opens a file, which could get that number.
try:
    os.fstat(3)
    events = 3
except OSError:
    events = None

import sys

# The package is installed once for many users, and its directory is hashed.
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from machine.driver import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], events, dict(os.environ)))
