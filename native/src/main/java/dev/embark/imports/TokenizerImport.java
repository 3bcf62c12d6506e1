package dev.embark.imports;

import dev.embark.gguf.GgufWriter;
import java.io.IOException;

/**
 * Writes the tokenizer of a folder as the metadata from which llama.cpp makes its own. Stateless.
 */
final class TokenizerImport {
  private TokenizerImport() {}

  /**
   * Writes the tokenizer.
   *
   * @param module of the folder that holds it, with a final {@code /}, or empty
   * @param rows number of tokens in the weights
   * @param copies how often the tokens are in the table; copies after the first come from no text
   * @param lowercases whether sentence-transformers lowercases texts before the tokenizer
   */
  static void put(
      GgufWriter gguf,
      ModelFolder folder,
      String module,
      TokenizerFiles files,
      int rows,
      int copies,
      boolean lowercases)
      throws IOException {
    TokenTable table = new TokenTable(rows, copies);
    String vocabulary = module + "vocab.txt";
    if (files.tokenizer().isMissingNode()) {
      if (!folder.has(vocabulary)) {
        throw new ImportException(
            "the folder has no tokenizer.json; save it with"
                + " AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)");
      }
      WordPieceImport.put(gguf, folder.lines(vocabulary), files, table, lowercases);
      return;
    }
    String type = files.model().path("type").asText();
    if (type.equals("WordPiece")) {
      WordPieceImport.put(gguf, files, table, lowercases);
      return;
    }
    if (lowercases) {
      throw new ImportException(
          "its sentence_bert_config.json has do_lower_case for a tokenizer that is not WordPiece,"
              + " which llama.cpp cannot reproduce; use a GGUF file of the model");
    }
    switch (type) {
      case "Unigram" -> UnigramImport.put(gguf, files, table);
      case "BPE" -> {
        if (SentencePieceImport.is(files)) {
          SentencePieceImport.put(gguf, files, table);
        } else {
          BytePairImport.put(gguf, files, table);
        }
      }
      default -> throw TokenizerFiles.refused("model", files.model());
    }
  }
}
