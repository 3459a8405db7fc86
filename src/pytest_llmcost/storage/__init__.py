"""Files: the baseline, run files, the spend that workers share, and git, which is only read."""
