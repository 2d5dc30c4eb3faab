import pytest
import torch

from safelight.engine.device import choose_device, choose_dtype, on_one_core

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("able", "dtype"),
    [
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"avx512_f": True, "avx512_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_bfloat16_only_where_the_processor_computes_in_it(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, bool], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert choose_dtype(CPU) is dtype


def test_what_is_wished_for_is_taken() -> None:
    assert choose_dtype(CPU, "float16") is torch.float16
    assert choose_device("cpu") == CPU


def test_a_thread_has_its_cores_back_whatever_happened_on_one() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with pytest.raises(RuntimeError), on_one_core():
            torch.zeros(2).reshape(3)
        assert torch.get_num_threads() == 2
        with on_one_core():
            assert torch.get_num_threads() == 1
        with on_one_core(wished=False):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
