"""Ending a process of our own at a random moment of its work, as a power cut would."""

import os
import random
import signal
import time

KILLS = int(os.environ.get("GRIDGIS_KILLS", "4"))
"""How often each piece of work is killed; 50 for the long run."""


def run_and_kill(work, after_s):
    """Do `work` in a process of its own, and kill that after some time; return whether it had ended by itself."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    ends = time.monotonic() + after_s
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, "the work itself failed"
            return True
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def kill_at_random(work, look, *, kills=KILLS, seed=1):
    """Kill `work` at random moments of its time, `look` what is there each time, and print the figures."""
    start = time.monotonic()
    assert run_and_kill(work, 300)
    took = time.monotonic() - start
    look()
    moments = random.Random(seed)
    ended = 0
    for _ in range(kills):
        ended += run_and_kill(work, moments.uniform(0, took))
        look()
    print(f"\n{kills - ended} of {kills} killed before their end")
