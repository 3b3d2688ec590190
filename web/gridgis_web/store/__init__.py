"""What the service keeps for years: the only SQL there is."""

from gridgis_web.store.database import Conflict, Store, StoreError

__all__ = ["Conflict", "Store", "StoreError"]
