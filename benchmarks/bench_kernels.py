from __future__ import annotations

from typing import Any

ARCHITECTURES = ("75", "90", "120")


class Kernels:
    """What the CUDA kernels take of a GPU's registers; compiled anew, needs NVRTC and no GPU."""

    timeout = 600
    params = (ARCHITECTURES,)
    param_names = ("architecture",)

    def setup_cache(self) -> dict[str, dict[str, Any]]:
        from gpuprop.engines.cuda import compiler, source
        from gpuprop.errors import GpupropError

        try:
            return {
                architecture: {
                    name: tuple(taken)
                    for unit in source.translation_units()
                    for name, taken in compiler.resources(unit, architecture).items()
                }
                for architecture in ARCHITECTURES
            }
        except (ImportError, GpupropError) as error:
            return {"reason": {"text": str(error)}}

    def setup(self, found: dict[str, dict[str, Any]], architecture: str) -> None:
        if architecture not in found:
            raise NotImplementedError(found["reason"]["text"])

    def track_most_registers(self, found: dict[str, dict[str, Any]], architecture: str) -> int:
        return max(registers for registers, _, _ in found[architecture].values())

    def track_all_registers(self, found: dict[str, dict[str, Any]], architecture: str) -> int:
        return sum(registers for registers, _, _ in found[architecture].values())

    def track_spilled_bytes(self, found: dict[str, dict[str, Any]], architecture: str) -> int:
        return sum(spilled for _, _, spilled in found[architecture].values())
