"""Alembic's entry: runs in the connection and the transaction that `store/db.py` hands over, so all of it or nothing.

A revision never imports `store/tables.py`: it says what the tables were when it was written.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
