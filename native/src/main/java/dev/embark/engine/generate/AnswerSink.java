package dev.embark.engine.generate;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.Finish;

/** Receives the results of rows that are answered concurrently, in any order. */
interface AnswerSink {
  /** Receives the answer of a row; its bytes are valid during the call only. */
  void answer(AnswerInProgress row, Finish finish);

  /** Receives the error of a row without an answer. */
  void error(AnswerInProgress row, EmbarkException error);

  /** Called after each native batch. */
  void batch();
}
