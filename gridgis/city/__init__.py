"""A whole city: its communities divided side by side, each as a jurisdiction of its own."""

from gridgis.city.work import City, make_city

__all__ = ["City", "make_city"]
