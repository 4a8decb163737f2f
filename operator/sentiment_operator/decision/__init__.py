"""What to do next. Pure: the inputs of one reconcile in, the desired children and the new status out."""
