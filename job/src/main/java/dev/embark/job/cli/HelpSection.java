package dev.embark.job.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Names the part of a command's help in which an option is told. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.TYPE})
public @interface HelpSection {
  /** Input and output. */
  String DATA = "Input and output:";

  /** How a run is cut, and what failures do. */
  String RUN = "The run:";

  /** What is computed for a text, and how. */
  String FUNCTION = "The function:";

  /** What is shown. */
  String SHOWN = "What is shown:";

  /** The heading; of a class, that of all its options without one of their own. */
  String value();
}
