"""Training: examples become a LoRA adapter that the writer can load, and its measure."""
