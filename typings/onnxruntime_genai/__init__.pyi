# A stub for all we take from the package: where it lies. The runtime is called through its C interface.
