"""From a trained model to the champion: `register`, `gate`, `promote`."""
