"""From a source of raw reviews to labelled, split reviews: a folder for each of three stages, and what they share."""
