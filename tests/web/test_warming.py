"""What is done ahead ends by itself, and stands back while something is asked for."""

import sys

from flask import Flask
from gridgis_web.warming import MODULES, divide_a_little, warm


def test_all_of_it_is_there_afterwards():
    thread = warm(Flask("somewhere"))
    thread.join(300)
    assert not thread.is_alive()
    assert set(MODULES) <= set(sys.modules)
    assert thread.daemon, "the program need not wait for it"
    divide_a_little()
