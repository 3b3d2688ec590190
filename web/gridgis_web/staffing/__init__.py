"""Who serves in which grid: cover of the coming weeks, proposals of who serves where, lists of officers from files."""
