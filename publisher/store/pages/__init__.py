"""What the command line and the web show: read-only shapes, one file a page, ready for JSON."""
