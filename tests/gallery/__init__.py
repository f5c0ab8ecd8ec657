"""Pictures of every kind of reply, made of what goes over the wire: `python -m tests.gallery`."""
