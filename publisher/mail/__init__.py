"""A letter on the wire: its bytes, its addresses, its identifiers, and the conversation with a relay."""
