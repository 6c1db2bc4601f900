"""Tests of the learning room need PyTorch and torchao; without them they say so."""

import pytest

pytest.importorskip("torch", reason="the learning room needs PyTorch (milliwatt[learn])")
pytest.importorskip("torchao", reason="the learning room needs torchao (milliwatt[learn])")
