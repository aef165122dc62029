"""Makes test/fixtures/tokenizers.json: small tokenizers of the kinds that models have, and what the Rust library makes of texts.

pip install tokenizers==0.23.3 && python3 scripts/tokenizer-fixtures.py > test/fixtures/tokenizers.json
"""

import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = [
    "", "a", " a", "  a", "a ", "a  b", "\n\n\n", "\t\tx", "Hello, world!", "don't they're I'LL we've",
    "3.14159 1,000,000 12345678", "naïve café Straße İstanbul ΟΔΥΣΣΕΥΣ", "日本語のテキスト 中文字符 한국어", "العربية नमस्ते ไทย",
    "😀 😀😀 👩‍👩‍👧 🇩🇪", "e\u0301 é", "\ufeffBOM", "a\u0085b\u00a0c\u2003d\u3000e", "x\u200by", "<|im_end|>", "a<|im_end|> b",
    "<s> hi </s>", "[CLS] hi [SEP] [UNK]", "def f(x):\n    return x**2  # ok\n\n\tif y:\n", '{"a": [1, {"b": null}]}',
    "https://x.y/z?q=1&w=%20", "aaaaaaaaaaaaaaaaaaaa", "\r\nWindows\r\n", "\x01\x7f", "\U00020000\U0002a6d6 x", "ﬁ ① ² ½ Ⅷ",
    "a word swordfish word", "<tool_call>{}</tool_call>", "x <l> y <r> z", "x <mask> y", "▁under▁", "a    b <table> c\n\nd", "$5.00 + 3% = ~#",
]
CORPUS = [
    "The quick brown fox jumps over the lazy dog. Hello, world! A word is a word; don't say they're words.",
    "def f(x):\n    return x + 1  # ok\nif y:\n    print(y)\n", "naive cafe and a test of the tokens in the text, 1 2 3 10 100",
] * 20
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def sentencepiece(normalizer, pre_tokenizer):
    """A BPE vocabulary with byte fallback, as Llama 2 and Gemma have it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("▁+[^▁]*|[^▁]+"), "isolated")
    specials = ["<unk>", "<s>", "</s>", *BYTES]
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, special_tokens=specials, show_progress=False))
    plain = json.loads(tokenizer.to_str())
    plain["added_tokens"] = [token for token in plain["added_tokens"] if token["id"] < 3]
    plain["normalizer"], plain["pre_tokenizer"] = normalizer, pre_tokenizer
    plain["decoder"] = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}
    tokenizer = Tokenizer.from_str(json.dumps(plain))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B:1", special_tokens=[("<s>", 1)])
    return tokenizer


def byte_level(pre_tokenizer, normalizer=None, ignore_merges=False, added=()):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(vocab_size=380, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|im_end|>"])
    tokenizer.add_tokens(list(added))
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def split_bytes():
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(GPT4), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=150, special_tokens=specials, unk_token="<unk>", show_progress=False))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator([*CORPUS, "日本語 中文 σς éèê"], trainers.WordPieceTrainer(vocab_size=200, special_tokens=specials, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def prepend():
    return {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}


def metaspace(scheme, split):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


def gemma():
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    split = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    tokenizer = sentencepiece(replace, split)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in ["▁▁▁▁", "\n\n", "<table>"]])
    return tokenizer


ADDED = [AddedToken("<tool_call>"), AddedToken("word", single_word=True), AddedToken("<l>", lstrip=True), AddedToken("<r>", rstrip=True)]
KINDS = {
    "llama 2": sentencepiece(prepend(), None),
    "mistral": sentencepiece(None, metaspace("first", False)),
    "metaspace": sentencepiece(None, metaspace("always", True)),
    "gemma": gemma(),
    "llama 3": byte_level(split_bytes(), ignore_merges=True),
    "qwen": byte_level(split_bytes(), normalizers.NFC(), added=ADDED),
    "gpt 2": byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "roberta": byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "starcoder": byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)])),
    "xlm-roberta": unigram(),
    "bert": word_piece(),
}


def judged(tokenizer):
    fixture = {"tokenizer": json.loads(tokenizer.to_str())}
    for name, plain in (("special", False), ("plain", True)):
        tokenizer.encode_special_tokens = plain
        fixture[name] = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    tokenizer.encode_special_tokens = False
    single, pair = tokenizer.encode("a word"), tokenizer.encode("a word", "don't")
    return {**fixture, "single": single.ids, "pair": pair.ids, "pairTypes": pair.type_ids}


print(json.dumps({"texts": TEXTS, "kinds": {name: judged(tokenizer) for name, tokenizer in KINDS.items()}}, ensure_ascii=False, separators=(",", ":")))
