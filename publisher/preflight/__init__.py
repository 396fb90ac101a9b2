"""What an editor should know before approval: one small pure function per check, over the proof and gathered facts."""
