"""What the demo brings along: an inbox and a timeline in the process, and a made-up week. Never used in earnest."""
