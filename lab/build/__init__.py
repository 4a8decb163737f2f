"""What has to be there before a lab can start: built or fetched once, kept in the cache folder."""
