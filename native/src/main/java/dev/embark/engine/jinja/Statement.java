package dev.embark.engine.jinja;

import java.util.List;

/** A parsed statement. Immutable and thread-safe. */
@FunctionalInterface
interface Statement {
  /** What is executed after a statement. */
  enum Next {
    STATEMENT,
    ITERATION,
    END_OF_LOOP
  }

  Next run(Scope scope);

  /** Returns the statement that runs others in order. */
  static Statement all(List<Statement> statements) {
    List<Statement> body = List.copyOf(statements);
    return scope -> {
      for (Statement statement : body) {
        scope.rendering().step();
        Next next = statement.run(scope);
        if (next != Next.STATEMENT) {
          return next;
        }
      }
      return Next.STATEMENT;
    };
  }
}
