"""Files of subscribers, in and out."""
