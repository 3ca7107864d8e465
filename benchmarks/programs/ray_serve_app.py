"""Ray Serve: python ray_serve_app.py PORT MAX_BATCH"""

import signal
import sys

import joblib
import numpy as np
import ray
from ray import serve
from starlette.requests import Request

port, max_batch = int(sys.argv[1]), int(sys.argv[2])


@serve.deployment(ray_actor_options={"num_cpus": 0.5}, max_ongoing_requests=1024)
class Iris:
    def __init__(self):
        self.model = joblib.load("iris.joblib")

    @serve.batch(max_batch_size=max_batch, batch_wait_timeout_s=0.001)
    async def predict_batch(self, rows):
        outputs = self.model.predict(np.concatenate(rows))
        return [outputs[index : index + 1].tolist() for index in range(len(rows))]

    async def __call__(self, request: Request):
        rows = np.asarray((await request.json())["instances"])
        if max_batch > 1:
            return {"predictions": await self.predict_batch(rows)}
        return {"predictions": self.model.predict(rows).tolist()}


ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
serve.start(http_options={"host": "127.0.0.1", "port": port})
serve.run(Iris.bind(), logging_config={"enable_access_log": False})
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.pause()
