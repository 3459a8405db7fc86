"""Arithmetic on frozen values: no clock, file, environment, network or pytest in here."""
