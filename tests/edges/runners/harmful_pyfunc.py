"""A pyfunc that does what it is asked to do. It is saved as code, and runs in a process of its own."""

from __future__ import annotations

from typing import Any

import misbehaving
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Harmful(PythonModel):
    """Answers as `misbehaving` does."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        """Answer each row of a frame."""
        return misbehaving.predict(model_input.to_dict("records"))


set_model(Harmful())
