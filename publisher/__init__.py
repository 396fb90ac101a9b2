"""Publisher: a weekly newsletter and social publisher."""

__version__ = "0.1.0"
