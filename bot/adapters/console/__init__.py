"""The terminal: answers drawn with rich, plain text where the output is a file or a pipe."""
