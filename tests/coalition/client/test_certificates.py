"""A certificate or key that cannot be used is told before gRPC sees it, whatever is wrong with it."""

import base64

import pytest

from coalition.cli.issuing import Issued, make_ca, make_client_certificate
from coalition.client import ClientError, Tls

P256 = bytes.fromhex("2a8648ce3d030107")
NO_CURVE = bytes.fromhex("2a8648ce3d03017f")
"""Object identifiers: of the curve, and one that no curve has."""
VERSION_3, VERSION_4 = bytes.fromhex("a003020102"), bytes.fromhex("a003020103")
"""A certificate's version; there is no fourth."""
CA = make_ca("test")
GOOD = make_client_certificate(CA, "coalition://test/bakery", days=10)


def other(pem: bytes, old: bytes, new: bytes) -> bytes:
    """The same PEM with other bytes inside."""
    head, begin, rest = pem.partition(b"-----\n")
    body, end, tail = rest.partition(b"-----END")
    content = base64.b64decode(body)
    assert old in content
    return head + begin + base64.encodebytes(content.replace(old, new)) + end + tail


def of_no_curve(pem: bytes) -> bytes:
    """Its key is of a kind that nobody knows."""
    return other(pem, P256, NO_CURVE)


def test_what_belongs_together_is_taken() -> None:
    Tls(CA.certificate, GOOD.certificate, GOOD.key).credentials()


@pytest.mark.parametrize(
    ("ca", "issued", "reason"),
    [
        (of_no_curve(CA.certificate), GOOD, "CERTIFICATE_INVALID"),
        (other(CA.certificate, VERSION_3, VERSION_4), GOOD, "CERTIFICATE_INVALID"),
        (CA.certificate, Issued(of_no_curve(GOOD.certificate), GOOD.key), "CERTIFICATE_INVALID"),
        (CA.certificate, Issued(GOOD.certificate, of_no_curve(GOOD.key)), "CERTIFICATE_KEY_INVALID"),
        (CA.certificate, Issued(GOOD.certificate, CA.key), "CERTIFICATE_KEY_INVALID"),
    ],
)
def test_what_is_of_an_unknown_kind_is_an_error_of_the_client(ca: bytes, issued: Issued, reason: str) -> None:
    with pytest.raises(ClientError) as caught:
        Tls(ca, issued.certificate, issued.key)
    assert caught.value.reason == reason
