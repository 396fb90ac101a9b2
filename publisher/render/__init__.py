"""From an issue to its proof: every surface rendered once, byte for byte as it will go out.

The owner's templates are trusted; the texts that go into them are not, and are never templates themselves.
"""
