import torch
from case import publish
from network import Branching
from sklearn.datasets import load_iris

X, y = load_iris(return_X_y=True)
rows = torch.tensor(X, dtype=torch.float32)
torch.manual_seed(0)
net = Branching(width=8).eval()
with torch.inference_mode():
    publish(net, rows, net, tensors={"input": rows.numpy()}, example=rows[:4].numpy(), init={"width": 8})
