"""For readers: issues, the feed, pictures, leaving. No session, no cookie, no script that is needed."""
