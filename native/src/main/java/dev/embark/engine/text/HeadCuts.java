package dev.embark.engine.text;

import dev.embark.llama.LlamaModel;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Finds places in a text at which a vocabulary is certain to end a token whatever follows, so that
 * the ids of the head up to there are the first ids of the whole text.
 *
 * <ul>
 *   <li>WordPiece splits at blanks first.
 *   <li>The regular expressions of byte-pair vocabularies never match from a letter into the blank
 *       that follows it, and treat this blank as they treat the end of a text. The names of those
 *       for which that was verified are listed: SuperBPE, EXAONE-MoE and Gemma 4 merge words.
 *   <li>A unigram vocabulary chooses the most likely path of tokens. If no token has a letter
 *       followed by a space, every path passes between the two, and its first part depends on the
 *       head alone.
 * </ul>
 *
 * <p>A user-defined token, which is matched before all others, must not span the place either.
 * Vocabularies of type {@code llama} are tokenised in parts by {@link SentencePieceCuts}. Immutable
 * and thread-safe.
 */
final class HeadCuts {
  // Values of tokenizer.ggml.pre as llama.cpp 0.5.0 knows them.
  private static final Set<String> SPLITTING =
      Set.of(
          "default",
          "minicpm5",
          "llama3",
          "llama-v3",
          "llama-bpe",
          "falcon3",
          "falcon-h1",
          "pixtral",
          "midm-2.0",
          "lfm2",
          "jina-v5-nano",
          "deepseek-llm",
          "deepseek-coder",
          "deepseek-v3",
          "falcon",
          "mpt",
          "starcoder",
          "gpt-2",
          "phi-2",
          "jina-es",
          "jina-de",
          "gigachat",
          "jina-v2-es",
          "jina-v2-de",
          "a.x-4.0",
          "mellum",
          "modern-bert",
          "jina-v1-en",
          "jina-v2-code",
          "roberta-bpe",
          "refact",
          "command-r",
          "qwen2",
          "deepseek-r1-qwen",
          "kormo",
          "f2llmv2",
          "qwen35",
          "stablelm2",
          "olmo",
          "dbrx",
          "smaug-bpe",
          "glm4",
          "chatglm-bpe",
          "jais",
          "tekken",
          "smollm",
          "codeshell",
          "exaone",
          "exaone4",
          "minerva-7b",
          "megrez",
          "gpt-4o",
          "llama4",
          "granite-embed-multi-97m",
          "hunyuan",
          "hunyuan-dense",
          "grok-2");

  private static final int FIRST_JAMO = 0x1100; // letters that form syllables
  private static final int LAST_JAMO = 0x11FF;

  private enum Rule {
    BLANK,
    LETTER_THEN_BLANK,
    LETTERS_THEN_SPACE,
    NONE
  }

  private final Rule rule;
  private final Supplier<SentencePieceCuts> tokens;
  private final TextNormalizer normalizer; // null if llama.cpp needs none

  /** Creates the cuts of a model; reads its tokens when a place is sought. */
  HeadCuts(LlamaModel model, TextNormalizer normalizer) {
    this.rule = rule(model);
    this.tokens = () -> SentencePieceCuts.of(model);
    this.normalizer = normalizer;
  }

  private static Rule rule(LlamaModel model) {
    return switch (model.metadata("tokenizer.ggml.model").orElse("none")) {
      case "bert" -> Rule.BLANK;
      case "gpt2" ->
          model.metadata("tokenizer.ggml.pre").filter(SPLITTING::contains).isPresent()
              ? Rule.LETTER_THEN_BLANK
              : Rule.NONE;
      case "t5" ->
          model
                  .metadata("tokenizer.ggml.treat_whitespace_as_suffix")
                  .filter("true"::equals)
                  .isPresent()
              ? Rule.NONE
              : Rule.LETTERS_THEN_SPACE;
      default -> Rule.NONE;
    };
  }

  /** Returns whether the vocabulary has such places. */
  boolean exist() {
    return rule != Rule.NONE;
  }

  /**
   * Returns the first place that is at least {@code from}, or {@code length} if there is none.
   *
   * @param from from 1
   */
  int next(byte[] text, int from, int length) {
    for (int at = from; at < length; at++) {
      if ((text[at] == ' ' || text[at] == '\n') && isCut(text, at, length)) {
        return at;
      }
    }
    return length;
  }

  private boolean isCut(byte[] text, int at, int length) {
    return switch (rule) {
      case BLANK -> true;
      case LETTER_THEN_BLANK -> isAfterLetter(text, at) && !isInToken(text, at);
      case LETTERS_THEN_SPACE ->
          text[at] == ' '
              && isAfterLetter(text, at)
              && isAfterLetter(text, startBefore(text, at))
              && isUnchanged(text, at, length)
              && !isInToken(text, at);
      case NONE -> false;
    };
  }

  private static boolean isAfterLetter(byte[] text, int at) {
    int character = before(text, at);
    return character >= 0
        && Character.isLetter(character)
        && (character < FIRST_JAMO || character > LAST_JAMO);
  }

  private boolean isInToken(byte[] text, int at) {
    return tokens.get().isJoined(before(text, at), text[at]);
  }

  /** Returns whether the normalizer keeps the last character of the head and the space after it. */
  private boolean isUnchanged(byte[] text, int at, int length) {
    int after = at + 1 < length ? SentencePieceCuts.codePoint(text, at + 1) : -1;
    // A mark after a space forms a character with it.
    boolean isBefore = after >= 0 && Character.isLetterOrDigit(after);
    return isBefore
        && (!(normalizer instanceof UnigramText unigram)
            || unigram.keeps(text, startBefore(text, at), at));
  }

  /** Returns the character that ends before a byte, or a negative number. */
  private static int before(byte[] text, int at) {
    int start = startBefore(text, at);
    return start < 0 ? -1 : SentencePieceCuts.codePoint(text, start);
  }

  /** Returns the first byte of the character that ends before a byte; negative if malformed. */
  private static int startBefore(byte[] text, int at) {
    int start = at - 1;
    while (start >= 0 && start > at - 4 && (text[start] & 0xC0) == 0x80) {
      start--;
    }
    int character = start < 0 ? -1 : SentencePieceCuts.codePoint(text, start);
    return character >= 0 && start + SentencePieceCuts.utf8Length(character) == at ? start : -1;
  }
}
