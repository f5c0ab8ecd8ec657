"""What people touch: the command line and, behind one neutral assistant, the chat adapters."""
