"""Accuracy and calibration of predictions, confidence intervals, and the comparison of two models."""
