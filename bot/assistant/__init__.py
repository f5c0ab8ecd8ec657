"""The platform-neutral assistant: requests in, replies out."""
