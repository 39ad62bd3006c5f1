"""Second implementations of ports, in memory, held to the same contract suites as the real ones."""
