"""What the lab asks of, and changes on, the machine it runs on."""
