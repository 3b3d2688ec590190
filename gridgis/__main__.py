"""``python -m gridgis``: the command line."""

from gridgis.cli import main

if __name__ == "__main__":
    main()
