"""Encryption of push messages against the examples of the standards."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from server.push.encryption import DeviceKeys, encrypt
from tests.support.push import Device, open_aes128gcm, unb64

TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
RECEIVER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def _key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(text)), ec.SECP256R1())


def test_rfc_8291_appendix_a() -> None:
    keys = DeviceKeys(unb64(RECEIVER_PUBLIC), unb64(AUTH))
    assert encrypt(TEXT, keys, _key(SENDER), unb64(SALT), padded=False).body == unb64(BODY)


def test_the_device_of_our_tests_reads_rfc_8291() -> None:
    assert Device(_key(RECEIVER), unb64(AUTH)).open_standard(unb64(BODY)) == TEXT


def test_the_device_of_our_tests_reads_rfc_8188() -> None:
    one = "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg"
    assert open_aes128gcm(unb64(one), unb64("yqdlZ-tYemfogSmv7Ws5PQ")) == b"I am the walrus"
    many = (
        "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA"
    )
    assert open_aes128gcm(unb64(many), unb64("BO3ZVPxUlnLORbVGMpbT1Q")) == b"I am the walrus"
