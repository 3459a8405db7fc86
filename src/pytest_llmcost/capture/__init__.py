"""Seeing calls: patches that record, dialects that read. Decides nothing."""
