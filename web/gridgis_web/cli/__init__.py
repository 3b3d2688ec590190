"""The service's part of the command line; each command a file, found by the program by its entry point."""
