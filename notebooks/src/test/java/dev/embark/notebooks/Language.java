package dev.embark.notebooks;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A language of a notebook or of one of its cells. */
enum Language {
  SQL("--"),
  SCALA("//"),
  PYTHON("#"),
  /** Language of cells only. */
  MD("");

  private final String comment;

  Language(String comment) {
    this.comment = comment;
  }

  /** Prefix of a comment, and of every line that Databricks itself reads. */
  String comment() {
    return comment;
  }

  /** The word behind the % that begins a cell of this language in a notebook of another. */
  String magic() {
    return "%" + name().toLowerCase(Locale.ROOT);
  }

  /** Returns the language of a magic command. */
  static Optional<Language> ofMagic(String word) {
    return Arrays.stream(values()).filter(language -> language.magic().equals(word)).findFirst();
  }

  /** The language of a notebook by the first line of its file. */
  static Optional<Language> ofHeader(String line) {
    return Arrays.stream(values())
        .filter(language -> language != MD)
        .filter(language -> line.equals(language.comment + " Databricks notebook source"))
        .findFirst();
  }
}
