"""The clock: it says "now" to the stages, at the times that config.toml names, and tells editors what came of it."""
