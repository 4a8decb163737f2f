"""What a lab needs before it starts: built or fetched once, kept in the cache folder."""
