"""Settings, profiles, prompts and vocabulary files: everything an operator or editor may change."""
