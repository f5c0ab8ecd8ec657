"""Fine-tuning of the writer: not here yet (README.md, "Not yet")."""
