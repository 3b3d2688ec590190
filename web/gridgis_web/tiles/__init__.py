"""Vector tiles: archives that are written once for what never changes, and the tiles in them."""
