"""What was used and spent -> sums, tables and a page to look at. Pure: reads no file, asks nobody."""
