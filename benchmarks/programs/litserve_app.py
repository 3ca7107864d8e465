"""LitServe: python litserve_app.py PORT MAX_BATCH WORKERS FAST_QUEUE"""

import sys

import joblib
import litserve
import numpy as np


class Iris(litserve.LitAPI):
    def setup(self, device):
        self.model = joblib.load("iris.joblib")

    def decode_request(self, request):
        return np.asarray(request["instances"])

    def batch(self, inputs):
        return np.concatenate(inputs)

    def predict(self, rows):
        return self.model.predict(rows)

    def unbatch(self, output):
        return [output[index : index + 1] for index in range(len(output))]

    def encode_response(self, output):
        return {"predictions": np.asarray(output).tolist()}


if __name__ == "__main__":
    port, max_batch, workers, fast_queue = (int(argument) for argument in sys.argv[1:])
    api = Iris(max_batch_size=max_batch, batch_timeout=0.002) if max_batch > 1 else Iris()
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=workers, fast_queue=bool(fast_queue))
    server.run(host="127.0.0.1", port=port, num_api_servers=1, generate_client_file=False, log_level="error")
