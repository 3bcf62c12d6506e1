"""The version of this package.

In the source, since a folder on ``PYTHONPATH`` has no metadata.
"""

# Of the jar: 0.1.0-SNAPSHOT is 0.1.0.dev0 here.
__version__ = "0.1.0.dev0"
