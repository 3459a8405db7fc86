"""HTTP libraries: one file each, a patch that undoes itself."""
