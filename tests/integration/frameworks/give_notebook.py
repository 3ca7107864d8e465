"""Runs a notebook in a real kernel, whose `__main__` has no file."""

import nbformat
from nbclient import NotebookClient

CELLS = [
    "import asyncio\nimport unshelf\nFACTOR = 3",
    "def weighted(values):\n    return [FACTOR * value for value in values]",
    "class Model:\n"
    "    def load(self):\n        self.offset = 1\n"
    "    def predict(self, rows):\n        return [value + self.offset for value in weighted([row['a'] for row in rows])]",
    "class Asynchronous(Model):\n"
    "    async def predict(self, rows):\n        await asyncio.sleep(0)\n        return super().predict(rows)",
    "async def chunks(rows):\n    for row in rows:\n        yield row['a']",
    "for model in (Model, Asynchronous, chunks):\n"
    "    unshelf.deploy(model, name=f'notebook-{model.__name__.lower()}', example=[{'a': 1}, {'a': 2}], progress=False)",
]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
