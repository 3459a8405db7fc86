"""What every process that makes calls does, with pytest or without it."""
