"""Work off the request: kinds of jobs, the worker that runs them, each in a process of its own."""
