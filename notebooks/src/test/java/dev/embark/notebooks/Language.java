package dev.embark.notebooks;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A language of a notebook or of one of its cells. */
enum Language {
  SQL("--"),
  SCALA("//"),
  PYTHON("#"),
  /** Of cells only. */
  MD("");

  private final String comment;

  Language(String comment) {
    this.comment = comment;
  }

  /** What begins a comment; every line that Databricks reads for itself begins with it. */
  String comment() {
    return comment;
  }

  /** The word behind the % that begins a cell of this language in a notebook of another. */
  String magic() {
    return "%" + name().toLowerCase(Locale.ROOT);
  }

  /** The language that a magic word stands for. */
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
