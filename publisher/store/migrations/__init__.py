"""The history of the tables, forward only, run by `publisher db upgrade`."""

# Written down here so that opening a database need not load Alembic (0.5 s). A test holds it to the files beside it.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
