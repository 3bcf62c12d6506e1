package dev.embark.engine.generate;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.Finish;

/** Takes what becomes of rows whose answers are computed side by side, in any order. */
interface AnswerSink {
  /** The row has an answer; its bytes are valid during the call only. */
  void answer(AnswerInProgress row, Finish finish);

  /** The row has none. */
  void error(AnswerInProgress row, EmbarkException error);

  /** A native batch was computed. */
  void batch();
}
