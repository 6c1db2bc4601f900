"""What the two pooling operators share: attributes, shapes and rows."""

from dataclasses import dataclass

from milliwatt.errors import ShapeMismatch
from milliwatt.ir import DType, Op, Quant, Rows, TensorType, Types, Window
from milliwatt.ops.nn.conv2d import image_size

SCALE_TOLERANCE = (
    1e-6  # by how much the reference lets the two scales differ, which it then ignores
)
LARGEST_WINDOW = (
    4087  # elements; dividing by multiplication is exact up to here, see kernels/pool.h
)


@dataclass(frozen=True, slots=True)
class Pool2d(Op):
    """A pooling window, int8 in and out, of one quantisation.

    Operands:
        x: s8 ``[1, H, W, C]``.
    """

    out: Quant
    window: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)  # top, bottom, left, right
    clip: tuple[int, int] = (-128, 127)

    def infer(self, types: Types) -> Types:
        """Return s8 ``[1, OH, OW, C]``, or raise `ShapeMismatch`."""
        self._want(types, (DType.S8,))
        (x,) = types
        want_image(self.name, x)
        want_same_quant(self.name, x, self.out)
        kh, kw = self.window
        if kh * kw > LARGEST_WINDOW:
            raise ShapeMismatch(
                f"{self.name}: a {kh}x{kw} window; at most {LARGEST_WINDOW} elements work"
            )
        if any(p >= k for p, k in zip(self.pad, (kh, kh, kw, kw), strict=True)):
            raise ShapeMismatch(
                f"{self.name}: padding {self.pad} puts a {kh}x{kw} window outside the image"
            )
        oh, ow = image_size(self.name, x, self.window, self.stride, (1, 1), self.pad)
        return (TensorType((1, oh, ow, x.shape[3]), DType.S8, self.out),)

    def rows(self, types: Types) -> Rows:
        """Need the window's height of rows."""
        del types
        return (Window(self.stride[0], self.window[0], self.pad[0]),)


def want_image(name: str, x: TensorType) -> None:
    """Raise `ShapeMismatch` unless ``x`` is ``[1, H, W, C]``."""
    if len(x.shape) != 4 or x.shape[0] != 1:
        raise ShapeMismatch(f"{name}: input is {x}; wanted [1, H, W, C]")


def want_same_quant(name: str, x: TensorType, out: Quant) -> None:
    """Raise `ShapeMismatch` where input and output are quantised differently."""
    if x.zero_point != out.zero_point or abs(x.scale - out.scale[0]) > SCALE_TOLERANCE:
        raise ShapeMismatch(
            f"{name}: input is {x.quantized}, output {out}; "
            f"wanted the same; requantise before or after"
        )
