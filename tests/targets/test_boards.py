"""Boards and cores: what their files say, and what a wrong file is told."""

from pathlib import Path

import pytest

from milliwatt.errors import InputError
from milliwatt.targets import BOARDS, CPUS, Arch, Isa, Support, load_board, load_cpu, read_board

BOARD_FOLDER = Path(__file__).parents[2] / "src/milliwatt/targets/boards"

NRF = (BOARD_FOLDER / "nrf52840.toml").read_text(encoding="utf-8")


def test_the_boards_are_these():
    assert BOARDS == (
        "esp32c3", "host", "nrf52840", "rp2040", "stm32f103", "stm32h743", "stm32l4r5", "stm32u575",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "flash_kib", "ram_kib", "clock_mhz", "cpu"),
    [
        ("nrf52840", 1024, 256, 64, "cortex-m4f"),
        ("stm32l4r5", 2048, 640, 120, "cortex-m4f"),
        ("rp2040", 2048, 264, 133, "cortex-m0plus"),
        ("stm32f103", 128, 20, 72, "cortex-m3"),
        ("stm32h743", 2048, 512, 480, "cortex-m7"),
        ("stm32u575", 2048, 768, 160, "cortex-m33"),
        ("esp32c3", 4096, 384, 160, "rv32imc"),
    ],
)
def test_sizes_and_clocks(name, flash_kib, ram_kib, clock_mhz, cpu):
    board = load_board(name)
    assert (board.flash_bytes, board.ram_bytes) == (flash_kib * 1024, ram_kib * 1024)
    assert board.clock_hz == clock_mhz * 1_000_000
    assert board.cpu.name == cpu
    assert board.support is Support.EMULATED
    assert len(board.data_sheet) > 10


def test_host_has_no_limits():
    host = load_board("host")
    assert host.flash is host.ram is host.clock_hz is host.current is None
    assert host.energy_uj(1000) is None
    assert host.latency_ms(1000) is None
    assert host.support is Support.NATIVE
    assert host.cpu.arch is Arch.HOST


def test_every_cpu_is_used_and_loads():
    assert {load_board(name).cpu.name for name in BOARDS} == set(CPUS)
    for name in CPUS:
        assert Isa.SCALAR in load_cpu(name).isa


def test_instruction_sets():
    def has(name, feature):
        return feature in load_cpu(name).isa

    assert [has(n, Isa.DSP) for n in ("cortex-m0plus", "cortex-m3", "cortex-m4f")] == [0, 0, 1]
    assert [has(n, Isa.LONG_MULTIPLY) for n in ("cortex-m0plus", "cortex-m3")] == [0, 1]
    assert [has(n, Isa.DOUBLE) for n in ("cortex-m7", "cortex-m33")] == [1, 0]
    assert not has("rv32imc", Isa.FLOAT)


def test_energy_by_hand():
    # 3.3 mA at 3 V is 9.9 mW; one second is 64 million cycles and 9.9 mJ.
    assert load_board("nrf52840").energy_uj(64_000_000) == pytest.approx(9900)
    # 19.5 µA/MHz is 19.5 pC a cycle; at 3.3 V 64.35 pJ.
    assert load_board("stm32u575").energy_uj(1_000_000) == pytest.approx(64.35)
    assert load_board("stm32u575").latency_ms(160_000) == pytest.approx(1)


@pytest.mark.parametrize("name", [n for n in BOARDS if load_board(n).current])
def test_published_currents_name_their_source(name):
    current = load_board(name).current
    assert current
    assert len(current.source) > 20
    assert 1.7 <= current.volts <= 3.6


def test_unknown_board_is_told_what_there_is():
    with pytest.raises(InputError, match=r"no board 'nrf5240'; there are: .*rp2040.*'nrf52840'\?"):
        load_board("nrf5240")
    with pytest.raises(InputError, match=r"no CPU 'z80'; there are: cortex-m0plus,"):
        load_cpu("z80")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("clock_hz = 64_000_000", "", "my.toml: 'clock_hz' is missing; only the host"),
        ("bytes = 262_144", "", r"my.toml \[ram\]: 'bytes' is missing; expected int"),
        ("bytes = 262_144", 'bytes = "256K"', r"'bytes' is '256K' \(str\); expected int"),
        ("bytes = 262_144", "bytes = 0", r"\[ram\]: 'bytes' is 0; expected an integer above 0"),
        ("bytes = 262_144", "bytes = 1000", r"\[ram\] must begin and end at a multiple of 4096"),
        ("volts = 3.0", "volts = -1", r"\[current\]: 'volts' is -1; expected a number above 0"),
        ("clock_hz", "clock", "'clock_hz' is missing|unknown key 'clock'"),
        ("volts = 3.0", "volts = 3.0\nwatts = 2", r"\[current\]: unknown key 'watts'; known are"),
        ("cortex-m4f", "cortex-m4", "no CPU 'cortex-m4'.*did you mean 'cortex-m4f'"),
        ('support = "emulated"', 'support = "loved"', "no support .in my.toml. 'loved'; there are"),
        ("title = ", "title ", "my.toml: not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_its_key(tmp_path, old, new, message):
    assert old in NRF
    file = tmp_path / "my.toml"
    file.write_text(NRF.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_board(file)


def test_a_good_copy_is_read(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text(NRF, encoding="utf-8")
    assert read_board(file).ram == load_board("nrf52840").ram
