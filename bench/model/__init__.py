"""The model's core and its training against scikit-learn, in one run on one machine: `make bench-model DATA=...`."""
