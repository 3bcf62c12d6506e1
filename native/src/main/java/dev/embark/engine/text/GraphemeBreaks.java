package dev.embark.engine.text;

/**
 * Boundaries of user-perceived characters (grapheme clusters, Unicode Standard Annex 29) where
 * Hugging Face's normalizer of SentencePiece models depends on them: in clusters of less than six
 * bytes. Flags, Indic conjuncts and sequences of emoji are longer, and their boundaries make no
 * difference to it. Stateless.
 */
final class GraphemeBreaks {
  private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
  private static final int ZERO_WIDTH_JOINER = 0x200D;

  private enum Kind {
    CONTROL,
    EXTENDING,
    PREPENDED,
    LEADING, // letters of Korean syllables
    VOWEL,
    TRAILING,
    OTHER
  }

  private GraphemeBreaks() {}

  /** Returns whether a cluster ends between two neighbouring code points. */
  static boolean isBetween(int before, int after) {
    if (before == '\r' && after == '\n') {
      return false;
    }
    Kind left = kind(before);
    Kind right = kind(after);
    if (left == Kind.CONTROL || right == Kind.CONTROL) {
      return true;
    }
    boolean joined =
        right == Kind.EXTENDING
            || left == Kind.PREPENDED
            || switch (right) {
              case LEADING -> left == Kind.LEADING;
              case VOWEL -> left == Kind.LEADING || left == Kind.VOWEL;
              case TRAILING -> left == Kind.VOWEL || left == Kind.TRAILING;
              default -> left == Kind.LEADING && isSyllable(after);
            };
    return !joined && !(isSyllable(before) && (right == Kind.VOWEL || right == Kind.TRAILING));
  }

  private static Kind kind(int c) {
    if (c < 0x300) {
      return c < ' ' || (c >= 0x7F && c < 0xA0) || c == 0xAD ? Kind.CONTROL : Kind.OTHER;
    }
    if (c >= 0x1100 && c <= 0x11FF) {
      return c < 0x1160 ? Kind.LEADING : c < 0x11A8 ? Kind.VOWEL : Kind.TRAILING;
    }
    if (isExtendingForm(c)) {
      return Kind.EXTENDING;
    }
    return switch (Character.getType(c)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          Kind.EXTENDING;
      case Character.FORMAT -> isPrepended(c) ? Kind.PREPENDED : Kind.CONTROL;
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          Kind.CONTROL;
      default -> Kind.OTHER;
    };
  }

  /** Returns whether a character that is no mark extends a cluster. */
  private static boolean isExtendingForm(int c) {
    return c == ZERO_WIDTH_NON_JOINER
        || c == ZERO_WIDTH_JOINER
        || c == 0x0E33 // vowels of Thai and Lao
        || c == 0x0EB3
        || c == 0xFF9E // halfwidth voice marks of Japanese
        || c == 0xFF9F
        || (c >= 0x1F3FB && c <= 0x1F3FF) // skin tones
        || (c >= 0xE0020 && c <= 0xE007F); // tags
  }

  private static boolean isPrepended(int c) {
    return (c >= 0x600 && c <= 0x605)
        || c == 0x6DD
        || c == 0x70F
        || c == 0x890
        || c == 0x891
        || c == 0x8E2
        || c == 0x110BD
        || c == 0x110CD;
  }

  private static boolean isSyllable(int c) {
    return c >= 0xAC00 && c <= 0xD7A3;
  }
}
