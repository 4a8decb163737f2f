"""`python -m sentiment_serving`: the image's entry point."""

from sentiment_serving.cli import main

main(prog_name="sentiment_serving")
