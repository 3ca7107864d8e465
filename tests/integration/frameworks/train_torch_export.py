import torch
from case import publish
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
images = torch.tensor(X / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 8 * 8, 10)
).eval()
test = images[1500:]
with torch.inference_mode():
    publish(net, test, net, tensors={"input": test.numpy()}, example=images[:4].numpy())
