"""Reads all of the program's modules that a command may ask for, but for the pages, which take as long again."""

import importlib
import pkgutil

import publisher

NOT_READ = ("publisher.__main__", "publisher.demo", "publisher.web", "publisher.store.migrations.")

for found in pkgutil.walk_packages(publisher.__path__, "publisher."):
    if not found.name.startswith(NOT_READ):
        importlib.import_module(found.name)
importlib.import_module("trafilatura")  # which the program reads only when it is given a page
