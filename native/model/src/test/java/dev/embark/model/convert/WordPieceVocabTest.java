package dev.embark.model.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.model.convert.WordPieceVocab.Special;
import dev.embark.model.convert.WordPieceVocab.TokenType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordPieceVocabTest {

  @TempDir Path dir;

  @Test
  void tokensAreMappedInTheOrderOfTheirIds() throws IOException {
    WordPieceVocab vocab = read(TinyBert.TOKENIZER);

    assertThat(vocab.tokens())
        .containsExactly(
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁tree", "▁#", "s", "<user>");
    assertThat(vocab.types().subList(0, 5)).containsOnly(TokenType.CONTROL);
    assertThat(vocab.types().subList(5, 8)).containsOnly(TokenType.NORMAL);
    assertThat(vocab.types().get(8)).isEqualTo(TokenType.USER_DEFINED);
    assertThat(vocab.ids())
        .containsEntry(Special.PADDING, 0)
        .containsEntry(Special.UNKNOWN, 1)
        .containsEntry(Special.CLASSIFICATION, 2)
        .containsEntry(Special.SEPARATOR, 3)
        .containsEntry(Special.MASK, 4);
  }

  @Test
  void theNormalizerIsKept() throws IOException {
    WordPieceVocab unsaid = read(TinyBert.TOKENIZER);
    assertThat(unsaid.lowercase()).isTrue();
    assertThat(unsaid.stripAccents()).isEmpty();

    WordPieceVocab cased =
        read(
            TinyBert.TOKENIZER
                .replace("\"lowercase\": true", "\"lowercase\": false")
                .replace("\"strip_accents\": null", "\"strip_accents\": false"));
    assertThat(cased.lowercase()).isFalse();
    assertThat(cased.stripAccents()).contains(false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"WordPiece\" | \"BPE\" | model.type 'BPE'",
        "\"BertNormalizer\" | \"NFC\" | normalizer.type 'NFC'",
        "\"clean_text\": true | \"clean_text\": false | normalizer.clean_text 'false'",
        "\"##\" | \"@@\" | continuing_subword_prefix '@@'",
        "\"tree\": 5 | \"tree\": 50 | none with the id 5",
        "\"tree\": 5 | \"tree\": 6 | no id of its own",
        "\"tree\": 5 | \"tree\": \"5\" | 'tree'",
        "\"vocab\" | \"words\" | empty model.vocab",
        "\"content\": \"[SEP]\" | \"content\": \"[END]\" | no special token [SEP]",
        "\"model\": { | \"model\": ( | not a whole JSON file",
      })
  void whatCannotBeReproducedIsAnError(String part, String replacement, String said) {
    assertThat(TinyBert.TOKENIZER).contains(part);
    assertThatThrownBy(() -> read(TinyBert.TOKENIZER.replace(part, replacement)))
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining(said);
  }

  @Test
  void truncatedAndForeignFilesAreErrors() {
    String json = TinyBert.TOKENIZER;
    assertThatThrownBy(() -> read(json.substring(0, json.length() / 2)))
        .isInstanceOf(ConversionException.class)
        .hasMessageContaining("not a whole JSON file (line ");
    assertThatThrownBy(() -> read("")).isInstanceOf(ConversionException.class);
    assertThatThrownBy(() -> read("[]")).isInstanceOf(ConversionException.class);
  }

  private WordPieceVocab read(String json) throws IOException {
    return WordPieceVocab.read(Files.writeString(dir.resolve("tokenizer.json"), json));
  }
}
