"""Celery on RabbitMQ: one POST to the upstream per task, on a connection that each worker process keeps."""
import http.client
import json
import os

from celery import Celery

app = Celery("calls", broker=os.environ["BENCH_BROKER"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=64, broker_pool_limit=64, task_default_delivery_mode="persistent")
_connection = None


@app.task
def call(i):
    global _connection
    if _connection is None:
        _connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["BENCH_UPSTREAM_PORT"]))
    _connection.request("POST", "/work", json.dumps({"i": i}), {"Content-Type": "application/json"})
    answer = _connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"upstream answered {answer.status}")
