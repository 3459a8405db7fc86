"""Render: a report as text. Every module turns the same value into one form and decides nothing."""
