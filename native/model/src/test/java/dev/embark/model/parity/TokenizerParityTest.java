package dev.embark.model.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.imports.TinyFolder;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Token ids of random texts, with a folder's tokenizer imported, against Hugging Face's tokenizers
 * with the same {@code tokenizer.json}. The vocabularies are that of MiniLM and small ones that
 * {@code small_tokenizers.py} made.
 */
class TokenizerParityTest {
  private static final int FEW_TEXTS = 400;
  private static final int MANY_TEXTS = 20_000;

  private static final String WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}%s"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  @TempDir private Path temp;

  /** A tokenizer: the file of its vocabulary, and what is changed in it. */
  enum Kind {
    UNCASED_WORD_PIECE("minilm"),
    CASED_WORD_PIECE("minilm") {
      @Override
      void change(ObjectNode json) {
        normalizer(json).put("lowercase", false).put("strip_accents", false);
      }
    },
    CASED_WORD_PIECE_WITHOUT_ACCENTS("minilm") {
      @Override
      void change(ObjectNode json) {
        normalizer(json).put("lowercase", false).put("strip_accents", true);
      }
    },
    UNCASED_WORD_PIECE_WITH_ACCENTS("minilm") {
      @Override
      void change(ObjectNode json) {
        normalizer(json).put("lowercase", true).put("strip_accents", false);
      }
    },
    XLM_ROBERTA("unigram"),
    /** As the later converters of SentencePiece models write it. */
    UNIGRAM_THAT_TRIMS("unigram") {
      @Override
      void change(ObjectNode json) {
        metaspace(
            json,
            "{'type': 'Strip', 'strip_left': false, 'strip_right': true}",
            "{'type': 'Replace', 'pattern': {'Regex': ' {2,}'}, 'content': '\u2581'}");
      }
    },
    UNIGRAM_THAT_MERGES_SPACES("unigram") {
      @Override
      void change(ObjectNode json) {
        metaspace(json, "{'type': 'Replace', 'pattern': {'Regex': ' {2,}'}, 'content': ' '}");
      }
    },
    UNIGRAM_THAT_KEEPS_SPACES("unigram") {
      @Override
      void change(ObjectNode json) {
        metaspace(json);
      }
    },
    ROBERTA("byte-pairs"),
    MODERN_BERT("byte-pairs") {
      @Override
      void change(ObjectNode json) {
        json.set("normalizer", read("{'type': 'NFC'}"));
      }
    },
    SMOLLM2("byte-pairs") {
      @Override
      void change(ObjectNode json) {
        steps(
            json,
            "pre_tokenizer",
            "pretokenizers",
            "{'type': 'Digits', 'individual_digits': true}",
            byteLevel(true));
      }
    },
    QWEN2("byte-pairs") {
      @Override
      void change(ObjectNode json) {
        json.set("normalizer", read("{'type': 'NFC'}"));
        words(json, "");
      }
    },
    LLAMA3("byte-pairs") {
      @Override
      void change(ObjectNode json) {
        ((ObjectNode) json.path("model")).put("ignore_merges", true);
        words(json, "{1,3}");
      }
    },
    GEMMA("sentence-piece");

    private final String vocabulary;

    Kind(String vocabulary) {
      this.vocabulary = vocabulary;
    }

    /** Changes the tokenizer of the vocabulary's file. */
    void change(ObjectNode json) {}

    boolean isOfBytePairs() {
      return vocabulary.equals("byte-pairs");
    }

    String tokenizer() throws IOException {
      Path file =
          vocabulary.equals("minilm")
              ? Path.of(
                  System.getProperty("basedir", "."), "target/onnx/all-minilm-l6-v2-tokenizer.json")
              : Path.of(
                  System.getProperty("basedir", "."),
                  "src/test/resources/tokenizers/" + vocabulary + ".json");
      ObjectNode json = (ObjectNode) new ObjectMapper().readTree(file.toFile());
      json.putNull("truncation").putNull("padding");
      change(json);
      return json.toString();
    }

    static ObjectNode normalizer(ObjectNode json) {
      return (ObjectNode) json.path("normalizer");
    }

    /** Splits words at spaces alone, after the character map and some more steps. */
    private static void metaspace(ObjectNode json, String... more) {
      JsonNode map = normalizer(json).path("normalizers").path(0);
      ArrayNode steps =
          json.putObject("normalizer").put("type", "Sequence").putArray("normalizers").add(map);
      Arrays.stream(more).map(Kind::read).forEach(steps::add);
      json.putObject("pre_tokenizer")
          .put("type", "Metaspace")
          .put("replacement", "\u2581")
          .put("prepend_scheme", "always")
          .put("split", true);
    }

    private static void words(ObjectNode json, String digits) {
      steps(
          json,
          "pre_tokenizer",
          "pretokenizers",
          "{'type': 'Split', 'pattern': {'Regex': ''}, 'behavior': 'Isolated', 'invert': false}",
          byteLevel(false));
      JsonNode split = json.path("pre_tokenizer").path("pretokenizers").path(0);
      ((ObjectNode) split.path("pattern")).put("Regex", WORDS.formatted(digits));
    }

    private static String byteLevel(boolean splits) {
      return "{'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true,"
          + " 'use_regex': "
          + splits
          + "}";
    }

    private static void steps(ObjectNode json, String stage, String name, String... steps) {
      ArrayNode list = json.putObject(stage).put("type", "Sequence").putArray(name);
      Arrays.stream(steps).map(Kind::read).forEach(list::add);
    }

    static JsonNode read(String json) {
      try {
        return new ObjectMapper().readTree(json.replace('\'', '"'));
      } catch (IOException e) {
        throw new IllegalArgumentException(e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void randomTextsHaveTheIdsOfHuggingFace(Kind kind) throws IOException {
    compare(kind, FEW_TEXTS);
  }

  @Tag("models")
  @ParameterizedTest
  @EnumSource(Kind.class)
  void manyRandomTextsHaveTheIdsOfHuggingFace(Kind kind) throws IOException {
    compare(kind, MANY_TEXTS);
  }

  private void compare(Kind kind, int texts) throws IOException {
    String json = kind.tokenizer();
    Path gguf = temp.resolve("model.gguf");
    TinyFolder folder =
        TinyFolder.bert(temp.resolve("folder"))
            .tokenizer(json, HuggingFaceIds.tokens(json), HuggingFaceIds.LONGEST);
    ModelImport.convert(folder.root(), kind.name(), ImportType.F32, gguf);
    Predicate<String> compared =
        text -> !kind.isOfBytePairs() || UnicodeTexts.isOfOlderUnicode(text);
    try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu(Acceleration.OFF));
        HuggingFaceIds reference = HuggingFaceIds.of(json, temp)) {
      reference.assertSameIds(
          model, UnicodeTexts.random(texts, kind.ordinal()).stream().filter(compared).toList());
    }
  }
}
