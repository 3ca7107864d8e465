import torch
from case import publish
from sklearn.datasets import load_iris

X, y = load_iris(return_X_y=True)
rows = torch.tensor(X, dtype=torch.float32)
torch.manual_seed(0)
net = torch.jit.trace(
    torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).eval(), rows[:2]
)
with torch.inference_mode():
    publish(net, rows, net, tensors={"input": rows.numpy()}, example=rows[:4].numpy())
