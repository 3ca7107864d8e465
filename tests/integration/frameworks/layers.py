"""A layer of a maker's own, which goes along with its file."""

import keras


@keras.saving.register_keras_serializable("tests")
class Scaled(keras.layers.Layer):
    def __init__(self, factor: float, **words: object) -> None:
        super().__init__(**words)
        self.factor = factor

    def call(self, inputs: object) -> object:
        return inputs * self.factor

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "factor": self.factor}
