"""config.toml and lists.toml, read into frozen settings."""
