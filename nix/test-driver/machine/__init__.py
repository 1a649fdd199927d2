"""The test driver: throw-away machines out of namespaces, and `machine` as scripts of NixOS' test driver know it.

Needs Linux, Python 3.9 or newer and nothing else. `run.py` beside it is how it is started.
"""
