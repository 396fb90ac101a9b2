"""The only SQL. Functions take a session and never commit; the stage that opened the transaction does."""
