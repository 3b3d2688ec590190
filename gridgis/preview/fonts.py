"""The font of pictures: it travels with the installation, so that Chinese is never empty boxes."""

from __future__ import annotations

from functools import cache


@cache
def picture_fonts() -> list[str]:
    """Register Noto Sans SC with matplotlib; return the families to draw with, the best first."""
    from matplotlib import font_manager
    from pylopdf_fonts_zh_cn import sans_path

    path = sans_path()
    font_manager.fontManager.addfont(path)
    return [font_manager.FontProperties(fname=path).get_name(), "DejaVu Sans"]
