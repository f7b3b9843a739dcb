import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from coalition.client import ClientError, Identity, Tls, load_identity, save_identity
from settlement.signing import ECDSA_P256, ED25519, new_key, parse_public_key
from tests.support.certificates import Certificates

ALIAS_KEY = bytes(range(200, 232))


def identity(algorithm: str = ED25519, alias_key: bytes | None = ALIAS_KEY) -> Identity:
    return Identity(
        "clearing.example/test", "unix:/run/x", "bakery", new_key(algorithm), new_key().spki, alias_key
    )


@pytest.mark.parametrize("algorithm", [ED25519, ECDSA_P256])
@pytest.mark.parametrize("alias_key", [ALIAS_KEY, None])
def test_what_is_saved_is_loaded(tmp_path: Path, algorithm: str, alias_key: bytes | None) -> None:
    saved = identity(algorithm, alias_key)
    save_identity(saved, tmp_path / "me.json")
    loaded = load_identity(tmp_path / "me.json")
    parse_public_key(saved.signer.spki).verify(loaded.signer.sign(b"x"), b"x")
    for name in ("network", "server", "partner_id", "receipt_spki", "alias_key"):
        assert getattr(loaded, name) == getattr(saved, name)


@pytest.mark.parametrize("own", [True, False])
def test_tls_is_saved_with_the_identity_and_printing_it_shows_no_secret(tmp_path: Path, own: bool) -> None:
    tls = Certificates.made(tmp_path / "made").client("coalition://clearing.example/test/bakery")
    saved = replace(identity(), tls=tls if own else Tls(tls.server_ca))
    save_identity(saved, tmp_path / "me.json")
    assert load_identity(tmp_path / "me.json").tls == saved.tls
    secret = (tls.key or b"").decode().splitlines()[1]
    assert secret not in repr(saved)
    assert (secret in (tmp_path / "me.json").read_text()) is own


def test_a_file_of_an_older_version_has_no_tls(tmp_path: Path) -> None:
    save_identity(identity(), tmp_path / "me.json")
    content = json.loads((tmp_path / "me.json").read_text())
    del content["tls"]
    (tmp_path / "me.json").write_text(json.dumps(content))
    assert load_identity(tmp_path / "me.json").tls is None


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_the_file_is_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        save_identity(identity(), tmp_path / "me.json")
    finally:
        os.umask(before)
    assert (tmp_path / "me.json").stat().st_mode & 0o777 == 0o600


def test_saving_replaces_the_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "me.json"
    path.write_text("old")
    path.chmod(0o644)
    save_identity(identity(), path)
    assert load_identity(path).partner_id == "bakery"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_can_open_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "me.json"
    save_identity(identity(), path)
    path.chmod(mode)
    with pytest.raises(ClientError, match=f"chmod 600 {path}") as caught:
        load_identity(path)
    assert caught.value.reason == "FILE_NOT_PRIVATE"
    path.chmod(0o400)
    assert load_identity(path).partner_id == "bakery"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network", None),
        ("network", ""),
        ("network", "\udcff"),
        ("server", 7),
        ("partner_id", "Bakery!"),
        ("private_key", "-----BEGIN"),
        ("private_key", None),
        ("receipt_key", "not base64"),
        ("receipt_key", "AAAA"),
        ("receipt_key", "é"),
        ("alias_key", "c2hvcnQ="),
        ("alias_key", 12),
    ],
)
def test_an_error_names_what_is_wrong_and_quotes_no_secret(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "me.json"
    save_identity(identity(), path)
    content = json.loads(path.read_text())
    secrets = {content["private_key"], content["alias_key"], "c2hvcnQ"}
    path.write_text(json.dumps(content | {name: value}))
    with pytest.raises(ClientError, match=name) as caught:
        load_identity(path)
    assert caught.value.reason == "IDENTITY_INVALID"
    assert not any(secret in str(caught.value) for secret in secrets)


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "me.json"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(ClientError) as caught:
        load_identity(path)
    assert caught.value.reason == "IDENTITY_INVALID"


def test_printing_shows_no_secret() -> None:
    shown = identity()
    assert shown.signer.keyid in repr(shown)
    for text in (repr(shown), str(shown), f"{shown}", repr([shown])):
        assert "PRIVATE" not in text
        assert repr(ALIAS_KEY) not in text
        assert ALIAS_KEY.hex() not in text


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"[" * 100_000])
def test_a_file_that_is_no_json_object_is_no_identity(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "me.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ClientError, match="is no identity file") as caught:
        load_identity(path)
    assert caught.value.reason == "IDENTITY_INVALID"
