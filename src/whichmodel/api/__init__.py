"""What people and programs can ask for, without a command line: every way in uses these functions."""
