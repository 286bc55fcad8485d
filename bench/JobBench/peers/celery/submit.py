"""Adds tasks one by one from a number of threads, and prints how long it took: submit.py JOBS CALLERS"""
import json
import sys
import threading
import time

from calls import call

jobs, callers = int(sys.argv[1]), int(sys.argv[2])


def add(first):
    for i in range(first, jobs, callers):
        call.delay(i)


started = time.monotonic()
threads = [threading.Thread(target=add, args=(n,)) for n in range(callers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"seconds": time.monotonic() - started}))
