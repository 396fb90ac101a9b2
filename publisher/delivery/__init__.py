"""The hot path: claim, send, settle. At every moment the ledger accounts for every reader."""
