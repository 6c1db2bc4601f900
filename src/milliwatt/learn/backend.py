"""PyTorch and torchao: brought in here once, quietly, or refused with what to type.

Both log at import about things that do not concern us (GPU extensions that are absent on a
machine without one, a deprecation between the two projects), so logging below errors is held
back while they load and at no other time.
"""

import importlib
import logging

from milliwatt.errors import NotAvailable


def load_backend() -> None:
    """Import PyTorch and torchao.

    Raises:
        NotAvailable: either package is absent.
    """
    held_back = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        for module in ("torch", "torchao.quantization.pt2e.quantize_pt2e"):
            importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise NotAvailable(
            f"training and quantising need the package {(error.name or 'torch').split('.')[0]}, "
            "which is not installed; type: pip install 'milliwatt[learn]'"
        ) from error
    finally:
        logging.disable(held_back)


load_backend()
