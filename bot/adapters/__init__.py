"""One package per place where people talk to Lookbook."""
