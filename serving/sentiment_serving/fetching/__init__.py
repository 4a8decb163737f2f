"""`fetch`: copies a model version from its artifact store into a folder and checks every byte against the digest."""
