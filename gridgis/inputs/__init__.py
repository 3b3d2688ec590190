"""Files -> `Layers`: formats in `READERS`, meanings of columns in ``words.toml``, the recipe in `assemble`."""

from gridgis.inputs.assemble import read_layers
from gridgis.inputs.inspect import inspect_file, inspect_layer
from gridgis.inputs.readers import READERS, read_layer

__all__ = ["READERS", "inspect_file", "inspect_layer", "read_layer", "read_layers"]
