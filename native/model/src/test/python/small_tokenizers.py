"""Makes the small tokenizers that TokenizerParityTest compares with Hugging Face's.

python small_tokenizers.py OUT: unigram.json, byte-pairs.json and sentence-piece.json, trained on the corpus of
folders.py and committed in src/test/resources/tokenizers. Needs what folders.py needs.
"""

import json
import pathlib
import sys
import tempfile
import unicodedata

import folders

# Characters of which each has a token; all others share the unknown one, which would hide differences.
BLOCKS = [
    (0xA1, 0x180), (0x300, 0x330), (0x391, 0x3D0), (0x410, 0x460), (0x5B0, 0x5EB), (0x621, 0x653),
    (0x905, 0x94E), (0xE01, 0xE3B), (0xE40, 0xE4E), (0x1100, 0x1113), (0x1161, 0x1176), (0x11A8, 0x11C3),
    (0x2010, 0x2028), (0x3041, 0x30FF), (0x4E00, 0x4E40), (0xAC00, 0xAC60), (0x1F600, 0x1F620),
]
CHARACTERS = [chr(c) for first, last in BLOCKS for c in range(first, last) if unicodedata.category(chr(c)) != "Cn"]

REMOVED = [*range(1, 9), 0xB, *range(0xE, 0x20), 0x7F, 0x8F, 0x9F]
SPACES = [9, 0xA, 0xC, 0xD, 0xA0, 0x1680, *range(0x2000, 0x2010), 0x2028, 0x2029, 0x202F, 0x205F, 0x2581, 0x3000, 0xFEFF, 0xFFFD]
REPLACED = [*range(0xA1, 0x250), *range(0x958, 0x960), 0xE33, *range(0x2100, 0x2190), *range(0x2460, 0x2474), *range(0xFB00, 0xFB07),
            *range(0xFF01, 0xFFA0), *range(0xF900, 0xF920), *range(0x1E00, 0x1F00)]


def character_rules():
    """A part of SentencePiece's own rules (nmt_nfkc), a few KB instead of 230."""
    rules = {(c,): () for c in REMOVED} | {(c,): (32,) for c in SPACES}

    def add(text):
        for form in (text, unicodedata.normalize("NFD", text)):
            by = unicodedata.normalize("NFKC", form)
            if form != by:
                rules[tuple(map(ord, form))] = tuple(map(ord, by))

    for c in REPLACED + list(range(0x3041, 0x30FF)) + list(range(0xAC00, 0xAC60)):
        add(chr(c))
    for leading in range(0x1100, 0x1113):
        for vowel in range(0x1161, 0x1176):
            add(chr(leading) + chr(vowel))
    return rules


def unigram():
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        for key, by in character_rules().items():
            file.write("\t".join(" ".join("%X" % c for c in side) for side in (key, by)) + "\n")
        file.flush()
        return folders.unigram(
            normalization_rule_tsv=file.name, required_chars="".join(CHARACTERS), vocab_size=2400
        )


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    roberta = folders.byte_pairs(
        folders.gpt2_words(), ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<s> $A </s>"
    )
    for name, tokenizer in [
        ("unigram", unigram()),
        ("byte-pairs", roberta),
        ("sentence-piece", folders.sentence_piece_pairs()),
    ]:
        whole = json.loads(tokenizer.backend_tokenizer.to_str())
        (out / f"{name}.json").write_text(json.dumps(whole, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
