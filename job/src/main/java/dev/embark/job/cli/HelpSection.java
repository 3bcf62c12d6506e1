package dev.embark.job.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Heading under which an option is listed in a command's help. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.TYPE})
public @interface HelpSection {
  /** Input and output options. */
  String DATA = "Input and output:";

  /** Options for waves and failure handling. */
  String RUN = "The run:";

  /** Options that select and configure the function. */
  String FUNCTION = "The function:";

  /** Options that control what is printed. */
  String SHOWN = "What is shown:";

  /** Returns the heading. On a class it applies to every option without its own annotation. */
  String value();
}
