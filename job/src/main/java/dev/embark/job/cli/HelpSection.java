package dev.embark.job.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Heading under which the help of a command lists an option. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.TYPE})
public @interface HelpSection {
  /** Options of input and output. */
  String DATA = "Input and output:";

  /** Options that divide a run into waves and treat failures. */
  String RUN = "Run:";

  /** Options of the computation for each text. */
  String FUNCTION = "Function:";

  /** Options of progress and errors. */
  String SHOWN = "Display:";

  /** The heading; on a class, the default of its options. */
  String value();
}
