"""Compile and link C with the Clang that comes from PyPI.

Objects are kept in a cache under the hash of everything that goes into them: source text, every
header it can reach, flags and compiler version. Paths and dates do not go in, so the same inputs
give the same bytes wherever they lie. Files appear by `os.replace` only: an interrupted or a
second process leaves no half-written one.
"""

import functools
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from milliwatt.errors import BuildFailed, DoesNotFit, NotAvailable
from milliwatt.run.elf import ElfImage, read_elf
from milliwatt.targets import Arch, Board, Cpu, load_cpu

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")

_COMMON = (
    "-std=c11",
    "-fomit-frame-pointer",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-fno-sanitize=undefined",
    # A fused multiply-add rounds once where the reference rounds twice.
    "-ffp-contract=off",
)
_TARGET_ONLY = ("-ffreestanding",)
# Baseline, not the CPU at hand: cached libraries must run and agree on any machine.
_HOST_ONLY = ("-mcpu=baseline", "-fPIC")
_PROCESSES = 2
_CACHE_FORMAT = b"milliwatt objects 1"
_INCLUDE = re.compile(
    rb'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|(\S.*))', re.MULTILINE
)
# What a C compiler may call without being told: memory functions and its run-time support.
_COMPILER_SUPPORT = re.compile(r"mem(cpy|move|set|cmp)|__[a-z0-9_]+")


def cache_dir() -> Path:
    """Return where compiled objects are kept: ``MILLIWATT_CACHE_DIR`` or the user's cache."""
    chosen = os.environ.get("MILLIWATT_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "milliwatt"


@functools.cache
def compiler_version() -> str:
    """Return the compiler's name and version, for reports and for the cache.

    Raises:
        NotAvailable: the package ``ziglang`` is not installed.
    """
    return "zig cc " + _execute(("version",), Path.cwd()).strip()


def compile_flags(cpu: Cpu, optimize: str) -> tuple[str, ...]:
    """Return the flags that decide which code is made for ``cpu``, ``optimize`` among them."""
    where = _HOST_ONLY if cpu.arch is Arch.HOST else _TARGET_ONLY
    return (*_COMMON, *where, *cpu.flags, optimize)


def compile_objects(
    sources: Sequence[Path],
    cpu: Cpu,
    include_dirs: Sequence[Path],
    out_dir: Path,
    optimize: str = "-O2",
    extra: Sequence[str] = (),
) -> list[Path]:
    """Compile ``sources``, two at a time, and return their objects in ``out_dir``, in order.

    Args:
        sources: C files; names may repeat.
        cpu: the core to compile for.
        include_dirs: searched for headers, after the folder of the file that includes.
        out_dir: made if needed; objects are called ``NNN-STEM.o``.
        optimize: ``-O2``, ``-Os`` and so on.
        extra: further flags, such as `WARNINGS`; they come last and win.

    Raises:
        BuildFailed: the compiler refused a file; carries its text.
        NotAvailable: there is no compiler.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    flags = (*compile_flags(cpu, optimize), *extra)
    compiler_version()  # looked up once, before the threads start
    outs = [out_dir / f"{i:03d}-{source.stem}.o" for i, source in enumerate(sources)]
    with ThreadPoolExecutor(_PROCESSES) as pool:
        jobs = [
            pool.submit(_compile, source.resolve(), flags, include_dirs, out)
            for source, out in zip(sources, outs, strict=True)
        ]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return outs


def link_elf(objects: Sequence[Path], board: Board, out: Path, roots: Sequence[str]) -> Path:
    """Link ``objects`` into ``out`` for the memory of ``board``.

    Only what ``roots`` (functions or constants) reach is kept. There is no start-up code; the
    entry is the first root. Writable globals are refused: nothing would initialise them.

    Raises:
        BuildFailed: a symbol is missing, beyond what a compiler's own support provides, or a
            global is writable.
        DoesNotFit: code and constants exceed the flash; names by how much.
    """
    out.parent.mkdir(parents=True, exist_ok=True)

    def produce(temporary: Path) -> None:
        script = temporary.with_suffix(".ld")
        script.write_text(_linker_script(board, roots[0]))
        keep = [f"-Wl,-u,{root}" for root in roots]
        # -g only keeps the symbol table; the script drops the debug sections.
        arguments = ("cc", *board.cpu.flags, "-g", *map(_absolute, objects), *keep)
        arguments = (*arguments, "-Wl,--gc-sections", "-T", str(script), "-o", str(temporary))
        try:
            _execute(arguments, temporary.parent)
        except BuildFailed as error:
            _refine_overflow(str(error), board)
            raise
        _check_link(temporary, objects, board, roots)

    _replace(out, produce)
    return out


def build_shared(
    sources: Sequence[Path],
    out: Path,
    include_dirs: Sequence[Path] = (),
    optimize: str = "-O2",
    extra: Sequence[str] = (),
) -> Path:
    """Build ``sources`` into the shared library ``out`` for this machine, for use by ctypes.

    Raises:
        BuildFailed: the compiler or the linker refused; carries their text.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mw-shared-") as folder:
        objects = compile_objects(
            sources, load_cpu("host"), include_dirs, Path(folder), optimize, extra
        )
        digest = hashlib.sha256(_CACHE_FORMAT + compiler_version().encode())
        digest.update("\0".join(("shared", *extra)).encode())
        for item in objects:
            digest.update(hashlib.sha256(item.read_bytes()).digest())

        def produce(temporary: Path) -> None:
            # Without the standard library nothing else has to be built; the memory functions
            # come from the process that loads the result.
            arguments = ("cc", "-shared", "-nostdlib", "-g", "-mcpu=baseline", *extra)
            arguments = (*arguments, *map(_absolute, objects), "-o", str(temporary))
            _execute(arguments, temporary.parent)
            _refuse_imports(objects, None)

        _through_cache(digest.hexdigest() + ".so", produce, out)
    return out


def _compile(source: Path, flags: Sequence[str], include_dirs: Sequence[Path], out: Path) -> None:
    includes = [path.resolve() for path in include_dirs]
    # Paths would otherwise enter the object through __FILE__ and debug information.
    maps = [f"-ffile-prefix-map={path}=." for path in (*includes, source.parent)]
    arguments = ("cc", *flags, *maps, "-fdebug-compilation-dir=.", "-c", str(source))
    arguments = (*arguments, *(f"-I{path}" for path in includes))

    def produce(temporary: Path) -> None:
        _execute((*arguments, "-o", str(temporary)), temporary.parent)

    key = _object_key(source, flags, includes)
    if key is None:
        _replace(out, produce)
    else:
        _through_cache(key + ".o", produce, out)


def _object_key(source: Path, flags: Sequence[str], includes: Sequence[Path]) -> str | None:
    """Hash all that an object depends on, or None where that cannot be known by reading."""
    digest = hashlib.sha256(_CACHE_FORMAT + compiler_version().encode())
    digest.update("\0".join((*flags, source.name)).encode())
    waiting, seen = [source], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        try:
            text = path.read_bytes()
        except OSError as error:
            raise BuildFailed(f"{path}: cannot be read: {error.strerror}") from error
        digest.update(hashlib.sha256(text).digest())
        for quoted, angled, computed in _INCLUDE.findall(text):
            if computed:
                return None
            # Conditional includes are followed too: one too many only costs a recompile.
            places = [path.parent, *includes] if quoted else includes
            name = (quoted or angled).decode(errors="replace")
            found = next((p / name for p in places if (p / name).is_file()), None)
            # A header that is found nowhere is the compiler's own, covered by its version.
            digest.update(f"\0{name}\0{found is not None}".encode())
            if found:
                waiting.append(found.resolve())
    return digest.hexdigest()


def _through_cache(name: str, produce: Callable[[Path], None], out: Path) -> None:
    stored = cache_dir() / "objects" / name[:2] / name
    if not stored.is_file():
        stored.parent.mkdir(parents=True, exist_ok=True)
        _replace(stored, produce)
    _replace(out, lambda temporary: _copy(stored, temporary))


def _copy(source: Path, out: Path) -> None:
    shutil.copyfile(source, out)


def _replace(out: Path, produce: Callable[[Path], None]) -> None:
    """Let ``produce`` write a temporary file beside ``out``, then put it in its place."""
    with tempfile.TemporaryDirectory(prefix=".mw-", dir=out.parent) as folder:
        temporary = Path(folder) / out.name
        produce(temporary)
        temporary.replace(out)


def _absolute(path: Path) -> str:
    return str(path.resolve())


@functools.cache
def _compiler() -> Path:
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise NotAvailable("no C compiler: install it with 'pip install ziglang'")
    return Path(spec.origin).parent / ("zig.exe" if os.name == "nt" else "zig")


def _execute(arguments: Sequence[str], folder: Path) -> str:
    environment = dict(os.environ)
    cache = cache_dir() / "zig"
    environment.setdefault("ZIG_GLOBAL_CACHE_DIR", str(cache))
    # The compiler's own cache of objects does not notice a new header that comes first in the
    # search; ours does. What it builds of its run-time support stays in the global one.
    environment["ZIG_LOCAL_CACHE_DIR"] = str(folder / ".zig-cache")
    command = [str(_compiler()), *arguments]
    try:
        done = subprocess.run(  # noqa: S603  (our own compiler, no shell)
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise NotAvailable(f"{command[0]}: cannot be run: {error.strerror}") from error
    if done.returncode:
        raise BuildFailed(f"zig {arguments[0]} failed ({done.returncode}):\n{done.stderr.strip()}")
    return done.stdout


def _linker_script(board: Board, entry: str) -> str:
    """Return a script whose regions are the board's, no byte more."""
    if board.flash is None or board.ram is None:
        raise BuildFailed(f"{board.name} has no memory map to link for; use build_shared")
    regions = [("CODE", "rx", board.flash), ("RAM", "rw", board.ram)]
    if board.flash_data:
        regions.append(("CONSTANTS", "r", board.flash_data))
    memory = "".join(
        f"  {name} ({access}) : ORIGIN = {region.origin:#x}, LENGTH = {region.size:#x}\n"
        for name, access, region in regions
    )
    constants = "CONSTANTS" if board.flash_data else "CODE"
    return f"""ENTRY({entry})
MEMORY {{
{memory}}}
SECTIONS {{
  .text : {{ *(.text .text.*) }} > CODE
  .rodata : {{ *(.rodata .rodata.* .srodata .srodata.*) }} > {constants}
  .data : {{ *(.data .data.* .sdata .sdata.*) }} > RAM
  .bss : {{ *(.bss .bss.* .sbss .sbss.* COMMON) }} > RAM
  /DISCARD/ : {{ *(.ARM.exidx* .ARM.extab* .eh_frame* .debug_* .comment .note*) }}
}}
"""


def _refine_overflow(message: str, board: Board) -> None:
    over = [int(n) for n in re.findall(r"overflowed by (\d+) bytes", message)]
    if over and board.flash:
        raise DoesNotFit(
            f"{board.name}: code and constants exceed the {board.flash.size} bytes of flash "
            f"by {max(over)} bytes"
        )


def _check_link(path: Path, objects: Sequence[Path], board: Board, roots: Sequence[str]) -> None:
    image = read_elf(path)
    missing = [root for root in roots if root not in image.symbols]
    if missing:
        raise BuildFailed(f"none of the objects defines '{missing[0]}', which was to be kept")
    writable = [s for s in image.constants if s.section in (".data", ".bss")]
    if writable or image.section_bytes.keys() & {".data", ".bss"}:
        names = ", ".join(f"'{s.name}' ({s.size} bytes)" for s in writable) or "(unnamed)"
        raise BuildFailed(f"writable global data: {names}; pass state as an argument instead")
    _refuse_imports(objects, image)
    used = image.code_bytes() + image.constant_bytes()
    if board.flash and used > board.flash.size:
        over = used - board.flash.size
        raise DoesNotFit(
            f"{board.name}: code and constants exceed the {board.flash.size} bytes of flash "
            f"by {over} bytes"
        )


def _refuse_imports(objects: Sequence[Path], image: ElfImage | None) -> None:
    """Refuse functions that ``objects`` need of others, unless ``image`` dropped their callers."""
    defined, wanted = _object_symbols(objects)
    for name in sorted(wanted - defined):
        kept = image is None or name in image.symbols
        if kept and not _COMPILER_SUPPORT.fullmatch(name):
            raise BuildFailed(
                f"the code calls '{name}', which no source defines and a compiler need not provide"
            )


def _object_symbols(objects: Sequence[Path]) -> tuple[set[str], set[str]]:
    """Return the names that ``objects`` define and those that they use without defining."""
    defined: set[str] = set()
    wanted: set[str] = set()
    for path in objects:
        with path.open("rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            if not isinstance(table, SymbolTableSection):
                continue
            for entry in table.iter_symbols():
                group = wanted if entry["st_shndx"] == "SHN_UNDEF" else defined
                group.add(entry.name)
    return defined, wanted - {""}
