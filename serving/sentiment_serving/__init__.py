"""The serving image: fetches a model against its digest and answers predictions with Flask."""
