"""Many tasks at once: lines of a file in, results out, here or on a cluster. Knows no provider."""
