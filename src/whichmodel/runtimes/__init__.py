"""What runs networks: one module for each format of weights."""
