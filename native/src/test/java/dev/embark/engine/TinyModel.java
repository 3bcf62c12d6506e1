package dev.embark.engine;

import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.gguf.GgufWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A BERT with random weights, small enough to be written by every test that needs one. */
public final class TinyModel {

  public static final int DIMENSIONS = 32;
  public static final int CONTEXT = 64;
  public static final int UNK = 1;
  public static final int CLS = 2;
  public static final int SEP = 3;

  /** Each is one token. */
  public static final List<String> WORDS =
      List.of(
          "dog", "cat", "house", "river", "stone", "green", "blue", "sun", "moon", "runs", "sees",
          "over", "under", "the", "a", "query", "sep", "tree", "bird", "sings", "old", "new");

  private static final List<String> SPECIALS =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
  private static final List<String> PUNCTUATION = List.of("[", "]", ".", ",", ":", "?", "!");
  private static final int LAYERS = 2;
  private static final int HEADS = 2;
  private static final int HIDDEN = 64;
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;

  private TinyModel() {}

  /** WordPiece: {@link #WORDS}, letters and their continuations; mean pooling. */
  public static Path wordPiece(Path dir) throws IOException {
    List<String> tokens = wordPieces();
    GgufWriter gguf = bert("bert", tokens, wordPieceTypes(tokens));
    putSpecialTokens(gguf);
    return write(gguf, tokens.size(), dir.resolve("word-piece.gguf"));
  }

  /** UNK is unknown, the other specials are control tokens. */
  static List<Integer> wordPieceTypes(List<String> tokens) {
    return IntStream.range(0, tokens.size())
        .map(i -> i == UNK ? UNKNOWN : i < SPECIALS.size() ? CONTROL : NORMAL)
        .boxed()
        .toList();
  }

  /** What every WordPiece model says of its special tokens. */
  static void putSpecialTokens(GgufWriter gguf) {
    gguf.put("tokenizer.ggml.bos_token_id", GgufValue.uint32(CLS))
        .put("tokenizer.ggml.eos_token_id", GgufValue.uint32(SEP))
        .put("tokenizer.ggml.unknown_token_id", GgufValue.uint32(UNK))
        .put("tokenizer.ggml.seperator_token_id", GgufValue.uint32(SEP))
        .put("tokenizer.ggml.padding_token_id", GgufValue.uint32(0))
        .put("tokenizer.ggml.cls_token_id", GgufValue.uint32(CLS))
        .put("tokenizer.ggml.mask_token_id", GgufValue.uint32(4));
  }

  /** Byte pairs, no special token around a text, and no token but the letters a to z. */
  public static Path bytePair(Path dir) throws IOException {
    List<String> tokens =
        "abcdefghijklmnopqrstuvwxyz"
            .chars()
            .mapToObj(c -> "" + (char) c)
            .collect(Collectors.toCollection(ArrayList::new));
    tokens.add("ab");
    List<Integer> types = tokens.stream().map(token -> NORMAL).toList();
    GgufWriter gguf = bert("gpt2", tokens, types);
    gguf.put("tokenizer.ggml.merges", GgufValue.array(GgufValueType.STRING, List.of("a b")))
        .put("tokenizer.ggml.bos_token_id", GgufValue.uint32(0))
        .put("tokenizer.ggml.eos_token_id", GgufValue.uint32(0))
        .put("tokenizer.ggml.add_bos_token", GgufValue.bool(false))
        .put("tokenizer.ggml.add_eos_token", GgufValue.bool(false))
        .put("tokenizer.ggml.add_sep_token", GgufValue.bool(false));
    return write(gguf, tokens.size(), dir.resolve("byte-pair.gguf"));
  }

  /** The id in {@link #wordPiece} of a token in BERT's own spelling. */
  public static int id(String token) {
    int id =
        wordPieces()
            .indexOf(
                SPECIALS.contains(token)
                    ? token
                    : token.startsWith("##") ? token.substring(2) : "▁" + token);
    if (id < 0) {
      throw new IllegalArgumentException("no token " + token);
    }
    return id;
  }

  /** The WordPiece vocabulary in GGUF's spelling. */
  static List<String> wordPieces() {
    List<String> tokens = new ArrayList<>(SPECIALS);
    WORDS.forEach(word -> tokens.add("▁" + word));
    PUNCTUATION.forEach(mark -> tokens.add("▁" + mark));
    "bcdefghijklmnopqrstuvwxyz0123456789".chars().forEach(c -> tokens.add("▁" + (char) c));
    "abcdefghijklmnopqrstuvwxyz0123456789".chars().forEach(c -> tokens.add("" + (char) c));
    return tokens;
  }

  /** A text of words with one token each. */
  public static String words(Random random, int n) {
    return random.ints(n, 0, WORDS.size()).mapToObj(WORDS::get).collect(Collectors.joining(" "));
  }

  private static GgufWriter bert(String tokenizer, List<String> tokens, List<Integer> types) {
    return new GgufWriter()
        .put("general.architecture", GgufValue.string("bert"))
        .put("general.name", GgufValue.string("tiny"))
        .put("bert.block_count", GgufValue.uint32(LAYERS))
        .put("bert.context_length", GgufValue.uint32(CONTEXT))
        .put("bert.embedding_length", GgufValue.uint32(DIMENSIONS))
        .put("bert.feed_forward_length", GgufValue.uint32(HIDDEN))
        .put("bert.attention.head_count", GgufValue.uint32(HEADS))
        .put("bert.attention.layer_norm_epsilon", GgufValue.float32(1e-12f))
        .put("bert.attention.causal", GgufValue.bool(false))
        .put("bert.pooling_type", GgufValue.uint32(1))
        .put("tokenizer.ggml.model", GgufValue.string(tokenizer))
        .put("tokenizer.ggml.pre", GgufValue.string("default"))
        .put("tokenizer.ggml.token_type_count", GgufValue.uint32(2))
        .put("tokenizer.ggml.tokens", GgufValue.array(GgufValueType.STRING, tokens))
        .put("tokenizer.ggml.token_type", GgufValue.array(GgufValueType.INT32, types));
  }

  private static Path write(GgufWriter gguf, int tokens, Path file) throws IOException {
    Random random = new Random(20);
    matrix(gguf, random, "token_embd.weight", DIMENSIONS, tokens);
    matrix(gguf, random, "position_embd.weight", DIMENSIONS, CONTEXT);
    matrix(gguf, random, "token_types.weight", DIMENSIONS, 2);
    norm(gguf, random, "token_embd_norm");
    for (int i = 0; i < LAYERS; i++) {
      String block = "blk." + i + ".";
      for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
        linear(gguf, random, block + name, DIMENSIONS, DIMENSIONS);
      }
      norm(gguf, random, block + "attn_output_norm");
      linear(gguf, random, block + "ffn_up", DIMENSIONS, HIDDEN);
      linear(gguf, random, block + "ffn_down", HIDDEN, DIMENSIONS);
      norm(gguf, random, block + "layer_output_norm");
    }
    gguf.writeTo(file);
    return file;
  }

  private static void linear(GgufWriter gguf, Random random, String name, int in, int out) {
    matrix(gguf, random, name + ".weight", in, out);
    vector(gguf, random, name + ".bias", out, 0);
  }

  private static void norm(GgufWriter gguf, Random random, String name) {
    vector(gguf, random, name + ".weight", DIMENSIONS, 1);
    vector(gguf, random, name + ".bias", DIMENSIONS, 0);
  }

  /** A weight of random values that maps {@code in} features to {@code out}. */
  public static void matrix(GgufWriter gguf, Random random, String name, int in, int out) {
    matrix(gguf, random, GgufTensorType.F32, name, in, out);
  }

  /** The same in another type. */
  public static void matrix(
      GgufWriter gguf, Random random, GgufTensorType type, String name, int in, int out) {
    float[] values = random(random, in * out, 0, 0.3f);
    gguf.tensor(name, type, () -> FloatBuffer.wrap(values), in, out);
  }

  /** Random values around {@code mean}. */
  static void vector(GgufWriter gguf, Random random, String name, int n, float mean) {
    float[] values = random(random, n, mean, 0.1f);
    gguf.tensor(name, GgufTensorType.F32, () -> FloatBuffer.wrap(values), n);
  }

  private static float[] random(Random random, int n, float mean, float deviation) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = mean + deviation * (float) random.nextGaussian();
    }
    return values;
  }
}
