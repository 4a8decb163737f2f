"""Reviews: raw files of rows, labelled reviews, cleaning, and the split."""
