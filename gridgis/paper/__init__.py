"""What is printed: notice boards, contact cards and the atlas, as vector PDF with the fonts in it."""

from gridgis.paper.changes import changed_since
from gridgis.paper.contacts import DUTIES, Contact, read_contacts
from gridgis.paper.imprint import Imprint
from gridgis.paper.prints import PRINTS, SIZES, write_prints

__all__ = ["DUTIES", "PRINTS", "SIZES", "Contact", "Imprint", "changed_since", "read_contacts", "write_prints"]
