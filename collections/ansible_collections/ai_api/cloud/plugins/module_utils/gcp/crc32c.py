"""CRC-32C (Castagnoli), by which Secret Manager proves that a value arrived as it was sent."""

from __future__ import annotations

_POLYNOMIAL = 0x82F63B78


def crc32c(data: bytes) -> int:
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (_POLYNOMIAL if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF
