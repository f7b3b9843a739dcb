"""The README of an evidence bundle: the same checks by hand, with tools that nobody of the network wrote."""

GUIDE = r"""# Evidence bundle

Everything that is needed to check a coalition network's books offline: every journal entry, every signed request, the
tree over them, and what follows from them. `coalition audit verify BUNDLE` makes all checks at once. The same by hand:

    unzip bundle.zip -d evidence && cd evidence

| file | what it is |
|---|---|
| `MANIFEST.sha256` | SHA-256 of every other file |
| `checkpoint` | size and root of the house's tree, signed by the log's key (C2SP tlog-checkpoint) |
| `shards/<n>/tile/entries/` | the journal's leaves, 256 to a file, each behind its length (C2SP tlog-tiles); shard 0: the house |
| `shards/<n>/tile/<L>/` | hash tiles of the shard's tree (RFC 6962) |
| `shards/<n>/payloads/` | the payloads that partners signed, in the same places; a length of 0 where there is none |
| `keys.json`, `network.json` | as the house's entries leave them; `spki` is base64 of a DER SubjectPublicKeyInfo |
| `cycles/`, `settlements/`, `statements/` | obligations and nets, settlements, and each participant's statements |
| `payments/` | the payment files of each settlement that was instructed, as its entry names them by SHA-256 |
| `descriptors.pb` | the FileDescriptorSet that the payloads are messages of |

The commands need bash, sha256sum, jq, od, and openssl 3.

## 1. No file is changed

    sha256sum --check --quiet MANIFEST.sha256 && echo whole

## 2. The log signed the checkpoint

    sed -n 1,3p checkpoint > note
    sed -n 's/^— [^ ]* //p' checkpoint | base64 -d | tail -c 64 > note.sig
    jq -r '.[] | select(.purpose == "log") | .spki' keys.json | base64 -d > log.der
    openssl pkeyutl -verify -pubin -keyform DER -inkey log.der -rawin -in note -sigfile note.sig

The key in `log.der` must be the one that the network gave you by another way than this bundle.

## 3. One entry: its text, its hash, its request, its signature

Entry 7 of a shard is item 7 of its first file (item = number modulo 256). `item FILE ITEM` cuts it out, and fails if the
file has no such item:

    item() { local at=0 n k; for ((k = 0; ; k++)); do
        n=$(od -An -tx1 -j$at -N2 "$1" | tr -d ' \n'); [ "$n" ] || return 1
        n=$((16#$n)); : $((at += 2)); [ $k = $2 ] && break; : $((at += n)); done
        tail -c +$((at + 1)) "$1" | head -c $n; }
    first() { find "$1/000" "$1/000.p" -type f 2>/dev/null | head -1; }

Take the first entry that a partner asked for: it has a payload. Members are in shard 1 and up; 0 is the house. For
another entry set `shard` and `entry` (below 256) yourself:

    shard=1; entry=0
    while item "$(first shards/$shard/payloads)" $entry > payload && ! [ -s payload ]; do : $((entry += 1)); done
    item "$(first shards/$shard/tile/entries)" $entry > leaf; item "$(first shards/$shard/payloads)" $entry > payload; cat leaf

Its leaf hash stands in the hash tile of level 0, 32 bytes per entry:

    { printf '\0'; cat leaf; } | sha256sum
    tail -c +$((entry * 32 + 1)) "$(first shards/$shard/tile/0)" | head -c 32 | od -An -tx1 | tr -d ' \n'; echo

The payload has the hash of the leaf's `request` line, and the key of its `sig` line signed it (DSSE):

    sed -n 's/^request [^ ]* //p' leaf; sha256sum < payload
    type=$(sed -n 's/^request \([^ ]*\) .*/\1/p' leaf); keyid=$(sed -n 's/^sig \([^ ]*\) .*/\1/p' leaf)
    { printf 'DSSEv1 %d %s %d ' ${#type} "$type" $(wc -c < payload); cat payload; } > signed
    sed -n 's/^sig [^ ]* //p' leaf | base64 -d > signature
    jq -r --arg k "$keyid" '.[] | select(.keyid == $k) | .spki' keys.json | base64 -d > key.der
    openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in signed -sigfile signature

That is for Ed25519 keys. A P-256 signature is r and s of 32 bytes each, which openssl wants in DER.

## 4. The figures of a closed cycle

    jq '[.obligations[].amount_minor] | add // 0' cycles/1.json; jq .gross_minor cycles/1.json
    jq '[.nets[].net_minor] | add // 0' cycles/1.json
    jq '[.nets[].net_minor | select(. > 0)] | add // 0' cycles/1.json; jq .multilateral_minor cycles/1.json

The first two agree, the third is 0, the last two agree.
"""
