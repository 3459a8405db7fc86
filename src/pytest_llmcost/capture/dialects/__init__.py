"""Provider APIs: which address speaks which dialect, and how to read it."""
