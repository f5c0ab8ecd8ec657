"""Discord: slash commands, mentions in servers with a thread each, and direct messages."""
