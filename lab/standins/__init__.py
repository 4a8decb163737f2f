"""What stands in for the cloud and the operations stack; each the real program."""
