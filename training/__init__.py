"""Fine-tuning of the writer. The pipeline arrives with the writer's own issue; see docs/models.md."""
