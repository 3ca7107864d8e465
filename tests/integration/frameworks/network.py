"""A network whose forward has a branch on its data, which torch.export refuses: it travels as state with this file."""

import torch


class Branching(torch.nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = torch.nn.Linear(4, width)
        self.second = torch.nn.Linear(width, 3)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(self.first(rows))
        if float(hidden.sum()) > 1e9:
            hidden = hidden * 0
        return self.second(hidden)
