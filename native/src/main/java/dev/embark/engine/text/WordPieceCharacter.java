package dev.embark.engine.text;

import java.util.BitSet;
import java.util.HexFormat;

/**
 * The role of a character in BERT's own tokenizer, as implemented by Hugging Face tokenizers 0.23.
 * Their tables are those of Unicode 8 and treat every later character as a letter. Stateless.
 */
enum WordPieceCharacter {
  /** Part of a word. */
  LETTER,
  /**
   * Part of a word that is in no vocabulary: punctuation, a mark or a format character of a later
   * Unicode.
   */
  NEWER,
  /** Part of a word, at which llama.cpp would start a new word. */
  WORD_START,
  /** Separates words. */
  BLANK,
  /** A word by itself. */
  ALONE,
  /** A word by itself, which llama.cpp treats as a letter. */
  ALONE_UNSEEN,
  /** A non-spacing mark: removed if accents are stripped, otherwise part of a word. */
  ACCENT,
  /** Removed. */
  DROPPED;

  /** GGUF's marker for the start of a word. */
  static final char START = '\u2581';

  private static final int ASCII = 0x80;
  private static final int REPLACEMENT = 0xFFFD; // a decoder's replacement for malformed bytes

  // Punctuation, non-spacing marks and format characters added since Unicode 9: up to 16, and part
  // of 17.
  private static final BitSet LATER =
      ranges(
          """
      61D 7FD 890-891 897-89F 8CA-8E2 9FD-9FE A76 AFA-AFF B55 C04 C3C C77 C84 D00
      D3B-D3C D81 EBA ECE 180F 1885-1886 1ABF-1ACE 1B4E-1B4F 1B7D-1B7F 1DF6-1DFB
      2E43-2E4F 2E52-2E5D A82C A8C5 A8FF A9BD 10D24-10D27 10D69-10D6E 10EAB-10EAD
      10EFC-10EFF 10F46-10F50 10F55-10F59 10F82-10F89 11070 11073-11074 110C2 110CD
      111CF 1123E 11241 1133B 113BB-113C0 113CE 113D0 113D2 113D4-113D5 113D7-113D8
      113E1-113E2 11438-1143F 11442-11444 11446 1144B-1144F 1145A-1145B 1145D-1145E
      11660-1166C 116B9 1182F-11837 11839-1183B 1193B-1193C 1193E 11943-11946
      119D4-119D7 119DA-119DB 119E0 119E2 11A01-11A0A 11A33-11A38 11A3B-11A47
      11A51-11A56 11A59-11A5B 11A8A-11A96 11A98-11A9C 11A9E-11AA2 11B00-11B09 11BE1
      11C30-11C36 11C38-11C3D 11C3F 11C41-11C45 11C70-11C71 11C92-11CA7 11CAA-11CB0
      11CB2-11CB3 11CB5-11CB6 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47
      11D90-11D91 11D95 11D97 11EF3-11EF4 11EF7-11EF8 11F00-11F01 11F36-11F3A 11F40
      11F42-11F4F 11F5A 11FFF 12FF1-12FF2 13430-13440 13447-13455 1611E-16129
      1612D-1612F 16D6D-16D6F 16E97-16E9A 16F4F 16FE2 16FE4 1CF00-1CF2D 1CF30-1CF46
      1E000-1E006 1E008-1E018 1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F 1E130-1E136
      1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1E5FF 1E944-1E94A 1E95E-1E95F
      """);

  private static final WordPieceCharacter[] OF_ASCII = new WordPieceCharacter[ASCII];

  static {
    for (int c = 0; c < ASCII; c++) {
      OF_ASCII[c] =
          c == ' ' || c == '\t' || c == '\n' || c == '\r'
              ? BLANK
              : c < ' ' || c == 0x7F ? DROPPED : Character.isLetterOrDigit(c) ? LETTER : ALONE;
    }
  }

  /** Returns the role of a code point. */
  static WordPieceCharacter of(int c) {
    if (c < ASCII) {
      return OF_ASCII[c];
    }
    if (LATER.get(c)) {
      return NEWER;
    }
    return switch (c) {
      case START -> WORD_START;
      case REPLACEMENT -> DROPPED;
      case 0x166D, 0x111C9 -> ALONE_UNSEEN; // no longer punctuation since Unicode 9 and 11
      case 0x1734, 0x1171E -> ACCENT; // spacing marks since Unicode 14 and 16
      default -> byCategory(c);
    };
  }

  private static WordPieceCharacter byCategory(int c) {
    return switch (Character.getType(c)) {
      case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          BLANK;
      case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE ->
          DROPPED;
      case Character.NON_SPACING_MARK -> ACCENT;
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          ALONE;
      default -> isIdeograph(c) ? ALONE : LETTER;
    };
  }

  /**
   * Chinese characters as BERT defines them; the fifth range starts at 2B920 because Hugging Face
   * tokenizers have that value instead of 2B820.
   */
  private static boolean isIdeograph(int c) {
    return c >= 0x3400
        && ((c >= 0x4E00 && c <= 0x9FFF)
            || c <= 0x4DBF
            || (c >= 0xF900 && c <= 0xFAFF)
            || (c >= 0x20000 && c <= 0x2A6DF)
            || (c >= 0x2A700 && c <= 0x2B73F)
            || (c >= 0x2B740 && c <= 0x2B81F)
            || (c >= 0x2B920 && c <= 0x2CEAF)
            || (c >= 0x2F800 && c <= 0x2FA1F));
  }

  private static BitSet ranges(String hexadecimal) {
    BitSet set = new BitSet();
    for (String range : hexadecimal.trim().split("\\s+")) {
      String[] ends = range.split("-");
      set.set(HexFormat.fromHexDigits(ends[0]), HexFormat.fromHexDigits(ends[ends.length - 1]) + 1);
    }
    return set;
  }
}
