"""The demo: a made-up week, an inbox and a timeline of its own, all in this process and on 127.0.0.1."""
