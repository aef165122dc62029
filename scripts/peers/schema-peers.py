"""Asks llguidance or xgrammar what they make of JSON Schemas, for `npm run proof:grammar`.

schema-peers.py llguidance|xgrammar|versions < groups.jsonl
in:  {"schema": ..., "texts": [...], "samples": 20}   one a line
out: {"refused": "..."} or {"accepts": [true, ...], "samples": ["...", ...]}
Both need a tokenizer: here each byte is a token.
"""

import json
import random
import signal
import sys
from importlib.metadata import version

EOS = 256
VOCABULARY = [bytes([byte]) for byte in range(256)] + [b"<eos>"]
MAX_BYTES = 300


class Llguidance:
    def __init__(self):
        import llguidance

        class Bytes:
            eos_token_id = EOS
            bos_token_id = None
            tokens = VOCABULARY
            special_token_ids = [EOS]

            def __call__(self, text):
                return list(text if isinstance(text, bytes) else text.encode())

        self.matchers = llguidance.LLMatcher
        wrapper = llguidance.TokenizerWrapper(Bytes())
        self.tokenizer = llguidance.LLTokenizer(wrapper, n_vocab=len(VOCABULARY), slices=[])

    def compile(self, schema):
        grammar = self.matchers.grammar_from_json_schema(schema)
        matcher = self.matchers(self.tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise ValueError(matcher.get_error())
        return matcher

    def accepts(self, matcher, text):
        data = list(text.encode())
        matcher.reset()
        return matcher.try_consume_tokens(data) == len(data) and matcher.is_accepting()

    def walker(self, matcher):
        walk = matcher.deep_copy()
        walk.reset()
        return walk

    def allowed(self, walk):
        bits = walk.compute_bitmask()
        return [token for token in range(len(VOCABULARY)) if bits[token // 8] >> (token % 8) & 1]

    def take(self, walk, token):
        return walk.consume_token(token)


class Xgrammar:
    def __init__(self):
        import numpy
        import xgrammar

        self.library = xgrammar
        self.bits = numpy.zeros((1, (len(VOCABULARY) + 31) // 32), dtype=numpy.int32)
        info = xgrammar.TokenizerInfo(VOCABULARY, xgrammar.VocabType.RAW, vocab_size=len(VOCABULARY), stop_token_ids=[EOS])
        self.compiler = xgrammar.GrammarCompiler(info, cache_enabled=False, max_threads=1)

    def compile(self, schema):
        # strict_mode would close every object, which JSON Schema does not.
        return self.compiler.compile_json_schema(schema, strict_mode=False)

    def accepts(self, compiled, text):
        matcher = self.library.GrammarMatcher(compiled)
        return matcher.accept_string(text.encode()) and matcher.accept_token(EOS) and matcher.is_terminated()

    def walker(self, compiled):
        return self.library.GrammarMatcher(compiled)

    def allowed(self, walk):
        self.bits.fill(-1)
        walk.fill_next_token_bitmask(self.bits)
        return [token for token in range(len(VOCABULARY)) if self.bits[0, token // 32] >> (token % 32) & 1]

    def take(self, walk, token):
        return walk.accept_token(token)


def sample(peer, compiled, generator):
    """A random text of the grammar, or None where the walk found no end in time."""
    walk = peer.walker(compiled)
    data = bytearray()
    while len(data) < MAX_BYTES:
        allowed = peer.allowed(walk)
        if EOS in allowed and (len(allowed) == 1 or generator.random() < 0.3):
            return data.decode(errors="replace")
        # Quotes and brackets end things; letters can be read.
        weights = [0 if t == EOS else 12 if t in b'"]}' else 4 if 33 <= t < 127 else 1 for t in allowed]
        if not any(weights):
            return None
        token = generator.choices(allowed, weights)[0]
        if not peer.take(walk, token):
            return None
        data.append(token)
    return None


def answer(peer, group):
    try:
        compiled = peer.compile(json.dumps(group["schema"]))
    except Exception as error:
        return {"refused": str(error).split("\n")[0][:300] or type(error).__name__}
    generator = random.Random(7)
    texts = [sample(peer, compiled, generator) for _ in range(group["samples"])]
    return {
        "accepts": [peer.accepts(compiled, text) for text in group["texts"]],
        "samples": [text for text in texts if text is not None],
    }


def too_long(*_):
    raise TimeoutError("takes longer than 20 s")


def main():
    if sys.argv[1] == "versions":
        print(json.dumps({name: version(name) for name in ("llguidance", "xgrammar")}))
        return
    peer = {"llguidance": Llguidance, "xgrammar": Xgrammar}[sys.argv[1]]()
    signal.signal(signal.SIGALRM, too_long)
    for line in sys.stdin:
        signal.alarm(20)
        try:
            result = answer(peer, json.loads(line))
        except Exception as error:
            result = {"refused": f"fails: {error}"}
        signal.alarm(0)
        print(json.dumps(result), flush=True)


main()
