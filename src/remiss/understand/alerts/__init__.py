"""Alerts: series of windows that are looked at each time one is complete, at a budget of false alarms that holds all the same."""
