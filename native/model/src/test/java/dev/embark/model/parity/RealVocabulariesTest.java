package dev.embark.model.parity;

import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.imports.TinyFolder;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Token ids of random texts with the real vocabularies that llama.cpp's own tests have, as GGUF
 * files and as model folders, against Hugging Face's tokenizers.
 */
@Tag("models")
class RealVocabulariesTest {
  private static final int TEXTS = 20_000;

  // The vocabulary of StarCoder has no token for the first byte of later planes.
  private static final int FIRST_MISSING = 0x40000;

  private static final String NOTHING = "null";
  private static final String NFC = "{'type': 'NFC'}";
  private static final String GPT2 =
      "{'type': 'ByteLevel', 'add_prefix_space': false, 'trim_offsets': true, 'use_regex': true}";
  private static final String DIGITS =
      "{'type': 'Sequence', 'pretokenizers': [{'type': 'Digits', 'individual_digits': true}, "
          + GPT2
          + "]}";
  private static final String WORDS =
      "{'type': 'Sequence', 'pretokenizers': [{'type': 'Split', 'pattern': {'Regex':"
          + " \"(?i:\\u0027s|\\u0027t|\\u0027re|\\u0027ve|\\u0027m|\\u0027ll|\\u0027d)|[^\\\\r"
          + "\\\\n"
          + "\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}DIGITS| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r"
          + "\\\\n"
          + "]*|\\\\s*[\\\\r"
          + "\\\\n"
          + "]+|\\\\s+(?!\\\\S)|\\\\s+\"}, 'behavior': 'Isolated', 'invert': false}, "
          + GPT2.replace("'use_regex': true", "'use_regex': false")
          + "]}";
  private static final String BERT =
      "{'type': 'BertNormalizer', 'clean_text': true, 'handle_chinese_chars': true,"
          + " 'strip_accents': null, 'lowercase': true}";
  private static final String XLM_ROBERTA =
      "{'type': 'Sequence', 'normalizers': [{'type': 'Precompiled', 'precompiled_charsmap':"
          + " 'CHARSMAP'}]}";
  private static final String LLAMA2 =
      "{'type': 'Sequence', 'normalizers': [{'type': 'Prepend', 'prepend': '\u2581'},"
          + " {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '\u2581'}]}";

  @TempDir private Path temp;
  private static Path vocabularies;

  /** A vocabulary, by the name of its file. */
  enum Vocabulary {
    BERT_BGE("bert-bge", BERT, "{'type': 'BertPreTokenizer'}"),
    NOMIC_BERT_MOE(
        "nomic-bert-moe",
        XLM_ROBERTA,
        "{'type': 'Sequence', 'pretokenizers': [{'type': 'WhitespaceSplit'}, {'type': 'Metaspace',"
            + " 'replacement': '\u2581', 'prepend_scheme': 'always', 'split': true}]}"),
    GPT_2("gpt-2", NOTHING, GPT2),
    MPT("mpt", NFC, GPT2),
    STARCODER("starcoder", NOTHING, DIGITS),
    COMMAND_R("command-r", NFC, DIGITS),
    QWEN2("qwen2", NFC, WORDS.replace("DIGITS", "")),
    LLAMA_BPE("llama-bpe", NOTHING, WORDS.replace("DIGITS", "{1,3}")),
    LLAMA_SPM("llama-spm", LLAMA2, NOTHING);

    private final String file;
    private final String normalizer;
    private final String preTokenizer;

    Vocabulary(String file, String normalizer, String preTokenizer) {
      this.file = file;
      this.normalizer = normalizer;
      this.preTokenizer = preTokenizer;
    }

    /** Returns whether a text has none of the characters that docs/correctness.md excepts. */
    boolean compares(String text) {
      return !preTokenizer.contains("ByteLevel")
          || (UnicodeTexts.isOfOlderUnicode(text)
              && (this != STARCODER || text.codePoints().noneMatch(c -> c >= FIRST_MISSING)));
    }
  }

  @BeforeAll
  static void fetch() throws Exception {
    vocabularies = ReleaseFiles.vocabularies();
  }

  @ParameterizedTest
  @EnumSource
  void filesAndFoldersGiveTheIdsOfHuggingFace(Vocabulary vocabulary) throws IOException {
    VocabularyFile file =
        VocabularyFile.read(vocabularies.resolve("ggml-vocab-" + vocabulary.file + ".gguf"));
    boolean isWordPiece = vocabulary == Vocabulary.BERT_BGE;
    String json =
        file.tokenizerJson(
            vocabulary.normalizer,
            vocabulary.preTokenizer,
            isWordPiece
                ? "{'type': 'BertProcessing', 'cls': ['[CLS]', 101], 'sep': ['[SEP]', 102]}"
                : NOTHING);
    Path imported = temp.resolve("imported.gguf");
    TinyFolder folder = TinyFolder.bert(temp.resolve("folder"));
    // The importer refuses the tokenizer of Llama 2; its file gets the weights of another folder.
    boolean isImported = vocabulary != Vocabulary.LLAMA_SPM;
    String other = Files.readString(folder.root().resolve("tokenizer.json"));
    folder.tokenizer(
        isImported ? json : other, HuggingFaceIds.tokens(json), HuggingFaceIds.LONGEST);
    ModelImport.convert(folder.root(), vocabulary.name(), ImportType.F32, imported);
    Path asIs = temp.resolve("as-is.gguf");
    file.writeModel(imported, isWordPiece, asIs);
    List<Path> models = isImported ? List.of(imported, asIs) : List.of(asIs);

    List<String> texts =
        UnicodeTexts.random(TEXTS, vocabulary.ordinal()).stream()
            .filter(vocabulary::compares)
            .toList();
    for (Path gguf : models) {
      try (LlamaModel model = ModelLoader.load(gguf, ModelOptions.cpu(Acceleration.OFF));
          HuggingFaceIds reference = HuggingFaceIds.of(json, temp)) {
        reference.assertSameIds(model, texts);
      }
    }
  }
}
