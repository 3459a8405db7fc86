"""GitHub and GitLab: put a string on a pull request, and fetch what an earlier run has left there."""
